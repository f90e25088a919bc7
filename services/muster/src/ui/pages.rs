//! One module a page (or a few that belong together), each with its model and its template.

pub mod alerts;
pub mod case;
pub mod chart;
pub mod count;
pub mod counter;
pub mod counts;
pub mod destruction;
pub mod import;
pub mod log;
pub mod lost;
pub mod overview;
pub mod password;
pub mod people;
pub mod places;
pub mod qr;
pub mod readers;
pub mod register;
pub mod set_up;
pub mod sheet;
pub mod sign_in;
pub mod stockpile;
pub mod weapon;
pub mod weapons;
