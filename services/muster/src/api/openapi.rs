//! The API's description (OpenAPI 3.1), made from the table of routes and the types themselves.
//!
//! `schemas/openapi.json` is this very text, proven fresh by a test; nothing in it is written twice.

use actix_web::HttpResponse;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::problem::Problem;
use super::{Needs, Route, route, routes};

/// The rows of this noun.
pub const ROUTES: &[Route] = &[route!(GET "/openapi.json", Needs::Nobody, serve, "This description")];

async fn serve() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(text())
}

/// The description as text, as committed.
///
/// # Panics
/// Never: what is made here is JSON.
#[must_use]
pub fn text() -> String {
    let mut text = serde_json::to_string_pretty(&document()).expect("a JSON value is JSON");
    text.push('\n');
    text
}

fn document() -> Value {
    let mut schemas = SchemaSettings::draft2020_12().with(|s| s.definitions_path = "/components/schemas".into()).into_generator();
    let mut paths: Map<String, Value> = Map::new();
    for route in routes() {
        let operation = operation(route, &mut schemas);
        let path = paths.entry(route.full_path()).or_insert_with(|| json!({}));
        path[route.method.to_lowercase()] = operation;
    }
    let problem = schemas.subschema_for::<Problem>();
    let definitions = schemas.take_definitions(true);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Muster",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "An armoury's book that can prove itself. Writes answer the position of their last event; reads take ?after= that position.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": definitions,
            "responses": {"Problem": {
                "description": "A problem (RFC 9457) with a stable code",
                "content": {"application/problem+json": {"schema": problem}}
            }},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "A token made under /api/v1/me/tokens"},
                "session": {"type": "apiKey", "in": "cookie", "name": "muster", "description": "POST /api/v1/session; writes need X-CSRF-Token"}
            }
        }
    })
}

fn operation(route: &Route, schemas: &mut SchemaGenerator) -> Value {
    let mut parameters = path_parameters(&route.full_path());
    parameters.extend(query_parameters(route, schemas));
    let writes = route.method != "GET";
    if writes && matches!(route.needs, Needs::Right(_)) {
        parameters.push(
            json!({"name": "Idempotency-Key", "in": "header", "required": false, "schema": {"type": "string", "maxLength": 128}}),
        );
        let said = "The last position that the client has seen; if this changed after it: 409 conflict";
        let seen = json!({"name": "X-Seen", "in": "header", "required": false, "description": said, "schema": {"type": "integer", "minimum": 0}});
        parameters.push(seen);
    }
    let answer = route.shape.answer.map(|schema| json!({"application/json": {"schema": schema(schemas)}}));
    let mut said = json!({
        "operationId": operation_id(route),
        "summary": route.summary,
        "parameters": parameters,
        "responses": {
            "default": {"$ref": "#/components/responses/Problem"},
            "2XX": answer.map_or_else(|| json!({"description": "Done"}), |content| json!({"description": "Done", "content": content})),
        }
    });
    if let Some(schema) = route.shape.body {
        said["requestBody"] = json!({"required": true, "content": {"application/json": {"schema": schema(schemas)}}});
    }
    match route.needs {
        Needs::Nobody => said["security"] = json!([]),
        Needs::SignedIn => said["security"] = json!([{"token": []}, {"session": []}]),
        Needs::Right(act) => {
            said["security"] = json!([{"token": []}, {"session": []}]);
            said["x-right"] = json!(format!("{act:?}"));
            said["x-roles"] = json!(act.roles().iter().map(|role| role.word()).collect::<Vec<_>>());
        }
    }
    said
}

fn operation_id(route: &Route) -> String {
    let words: String = route.full_path().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    format!("{}{}", route.method.to_lowercase(), words.trim_end_matches('_').replace("_api_v1", "").replace("__", "_"))
}

fn path_parameters(path: &str) -> Vec<Value> {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    names.map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}})).collect()
}

/// A query's struct, field by field.
fn query_parameters(route: &Route, schemas: &mut SchemaGenerator) -> Vec<Value> {
    let Some(query) = route.shape.query else { return Vec::new() };
    let mut own = schemas.clone();
    let referred = query(&mut own);
    let name =
        referred.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next()).unwrap_or_default().to_owned();
    let definitions = own.take_definitions(true);
    let whole = definitions.get(&name).cloned().unwrap_or_else(|| referred.to_value());
    let required: Vec<&str> =
        whole["required"].as_array().map(|all| all.iter().filter_map(Value::as_str).collect()).unwrap_or_default();
    let Some(fields) = whole["properties"].as_object() else { return Vec::new() };
    fields
        .iter()
        .map(|(name, schema)| json!({"name": name, "in": "query", "required": required.contains(&name.as_str()), "schema": inline(schema, &definitions)}))
        .collect()
}

/// A query's field types are few and small: they stand in place rather than by reference.
fn inline(schema: &Value, definitions: &Map<String, Value>) -> Value {
    match schema {
        Value::Object(map) => match map.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next()) {
            Some(name) => definitions.get(name).map_or(Value::Null, |found| inline(found, definitions)),
            None => map.iter().map(|(key, value)| (key.clone(), inline(value, definitions))).collect(),
        },
        Value::Array(all) => all.iter().map(|one| inline(one, definitions)).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_description_is_fresh() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/openapi.json");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, text()).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        let differs = committed.lines().zip(text().lines().map(str::to_owned)).position(|(old, new)| old != new);
        assert!(committed == text(), "schemas/openapi.json is stale from line {differs:?}: run the tests with UPDATE=1");
    }

    #[test]
    fn every_route_is_named_once() {
        let mut seen = std::collections::BTreeSet::new();
        for route in routes() {
            assert!(seen.insert((route.full_path(), route.method)), "{} {} stands twice", route.method, route.full_path());
            assert!(!route.summary.is_empty());
        }
        let ids: std::collections::BTreeSet<_> = routes().map(operation_id).collect();
        assert_eq!(ids.len(), routes().count(), "two operations have the same id");
    }
}
