//! The first minutes are the worst time to fall: no step of a first start or of the set-up may leave a
//! book that cannot be founded. Whatever the step, a second start and, if it asks again, a second set-up do.

use crate::book::Book;
use crate::steps::FOUNDING;

/// Falls at a step of a first start or a set-up, then founds the book all the same.
fn founded_after(step: &str, pass: u32) {
    let mut book = Book::new("founding");
    book.start(Some(&format!("{step}:{pass}")));
    let fell = book.is_served().is_none() || !book.set_up();
    assert!(fell, "{step}:{pass} was never passed");
    book.kill();
    book.start(None);
    assert!(book.is_served().is_some(), "after {step}:{pass} the program does not start");
    if book.waits_for_set_up() {
        assert!(book.set_up(), "after {step}:{pass} the set-up is not answered");
    }
    book.sign_in();
    let mut after = crate::clerk::Clerk::new(&book, 0, crate::clerk::Trade::Counter, 1);
    for _ in 0..3 {
        after.work_once();
    }
    book.stop();
    book.verify(None);
}

#[test]
fn a_first_start_and_a_set_up_may_be_cut_off_anywhere() {
    let mut wrong = Vec::new();
    for (step, pass) in FOUNDING {
        let tried = std::panic::catch_unwind(|| founded_after(step, *pass));
        wrong.extend(tried.is_err().then_some(format!("{step}:{pass}")));
    }
    println!("{} steps of a first start and of the set-up", FOUNDING.len());
    println!("evidence: service-kills {} {}", FOUNDING.len(), wrong.len());
    assert!(wrong.is_empty(), "a book cannot be founded after {wrong:?}");
}
