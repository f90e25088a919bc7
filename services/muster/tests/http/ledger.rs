//! Import of a ledger: looked at first, entered whole or not at all, safe to repeat.

use actix_web::test::TestRequest;
use serde_json::Value;

use crate::armoury::Armoury;
use crate::house::{Answer, Person};

const HEADS: &str = "serial,maker,model,calibre,class,year,owner,place,epc";

async fn import(person: &Person<'_>, table: &str, dry_run: bool) -> Answer {
    let path = format!("/api/v1/import/weapons?dry_run={dry_run}");
    let request = TestRequest::post().uri(&path).insert_header(("content-type", "text/csv"));
    person.send(request.set_payload(table.to_owned())).await
}

fn numbers(report: &Value) -> [u64; 4] {
    ["total", "bad", "already", "entered"].map(|name| report[name].as_u64().unwrap())
}

#[actix_web::test]
async fn everything_or_nothing_and_again_completes_it() {
    let house = Armoury::new().await;
    let first = house.first();
    let row = |serial: &str, place: &str, epc: &str| format!("{serial},Zastava,M70,7.62x39,SA4,1984,B Coy,{place},{epc}");
    let good = [
        row("1", "Camp Example/Rack room", "3034257BF7194E4000001A85"),
        row("\"2, with \"\"quotes\"\"\"", &house.room, ""),
        row("3", "camp example › other room", ""),
    ];
    let table = |rows: &[String]| format!("{HEADS}\n{}\n", rows.join("\n"));
    let bad = [good[0].clone(), row("9", "Nowhere", ""), good[0].clone(), "4,Zastava,M70,7.62x39,SA77,year,B Coy,x,".to_owned()];
    let size = house.house.app.log().head().size;
    let refused = import(&first, &table(&bad), false).await;
    refused.problem(422, "rows_bad");
    let rows = refused.json()["rows"].clone();
    let lines: Vec<u64> = rows.as_array().unwrap().iter().map(|row| row["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [3, 4, 5], "{rows}");
    assert_eq!(numbers(&import(&first, &table(&good), true).await.is(200).json()), [3, 0, 0, 0]);
    assert_eq!(house.house.app.log().head().size, size, "nothing was written so far");

    // As after a crash: one row stands, the whole ledger comes again, then once more.
    assert_eq!(numbers(&import(&first, &table(&good[..1]), false).await.is(200).json()), [1, 0, 0, 1]);
    assert_eq!(numbers(&import(&first, &table(&good), false).await.is(200).json()), [3, 0, 1, 2]);
    let size = house.house.app.log().head().size;
    assert_eq!(numbers(&import(&first, &table(&good), false).await.is(200).json()), [3, 0, 3, 0]);
    assert_eq!(house.house.app.log().head().size, size, "nothing is doubled");
    assert_eq!(first.sees("/api/v1/weapons?q=3034257BF7194E4000001A85").await["total"], 1);
    assert_eq!(first.sees("/api/v1/weapons").await["total"], 3);
}

#[actix_web::test]
async fn columns_scope_and_kind_of_text() {
    let house = Armoury::new().await;
    house.with_person("2002", "custodian", Some(&house.other_room)).await;
    let (first, elsewhere) = (house.first(), house.house.person("2002"));
    let row = format!("1,Zastava,M70,7.62x39,SA4,,B,{},", house.room);
    import(&first, "serial,colour\n1,red\n", false).await.problem(400, "table_not_understood");
    import(&first, "serial,maker\n1,x\n", false).await.problem(400, "table_not_understood");
    import(&elsewhere, &format!("{HEADS}\n{row}\n"), false).await.problem(422, "rows_bad");
    let json = TestRequest::post().uri("/api/v1/import/weapons").set_json(serde_json::json!({}));
    first.send(json).await.problem(415, "not_csv");
    let latin = TestRequest::post().uri("/api/v1/import/weapons").insert_header(("content-type", "text/csv"));
    first.send(latin.set_payload(vec![0xff, 0xfe, 0x00])).await.problem(400, "table_not_understood");
    assert_eq!(first.sees("/api/v1/weapons").await["total"], 0);
}
