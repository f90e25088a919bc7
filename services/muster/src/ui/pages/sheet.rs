//! Lists as CSV: exactly what the page shows, with the times and the head it was made from.
//!
//! A cell that a spreadsheet would run as a formula gets an apostrophe before it.

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};

use crate::ui::ask::{Ask, Page};
use crate::ui::fault::Fault;

/// A cell that no spreadsheet runs.
#[must_use]
pub fn cell(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

/// Answers a table as CSV, named after the page.
///
/// # Errors
/// When the writer fails, which memory does not.
pub fn csv(ask: &Ask, name: &str, heads: &[String], rows: impl IntoIterator<Item = Vec<String>>) -> Page {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    let mut put = |row: &[String]| writer.write_record(row.iter().map(|text| cell(text)));
    let failed = |cause: csv::Error| Fault::ours(&cause);
    put(heads).map_err(failed)?;
    for row in rows {
        put(&row).map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(|cause| Fault::ours(cause.error()))?;
    let head = ask.app.log().head();
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}-{}.csv\"", head.size)))
        .insert_header(("x-muster-head", format!("{} {}", head.size, hex::encode(head.root))))
        .body(bytes))
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_cell_is_a_formula() {
        let cells = ["=1+1", "+7", "-7", "@x", "418823"].map(super::cell);
        assert_eq!(cells, ["'=1+1", "'+7", "'-7", "'@x", "418823"]);
    }
}
