//! The log's head as a square code for paper: drawn by us from the code's dark squares.

use std::fmt::Write as _;

/// The square code of a text as one path; empty if the text does not fit.
#[must_use]
pub fn svg(text: &str) -> String {
    let Ok(code) = qrcode::QrCode::with_error_correction_level(text, qrcode::EcLevel::M) else { return String::new() };
    let width = code.width();
    let mut path = String::new();
    for (at, colour) in code.to_colors().into_iter().enumerate() {
        if colour == qrcode::Color::Dark && write!(path, "M{} {}h1v1h-1z", at % width + 4, at / width + 4).is_err() {
            return String::new();
        }
    }
    let side = width + 8;
    format!(
        "<svg class=\"qr\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" width=\"96\" height=\"96\" role=\"img\" \
         aria-label=\"QR\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    )
}

/// The square code of a head: one line with size and root, which `muster verify --head` reads.
#[must_use]
pub fn head(size: u64, root: &str) -> String {
    svg(&format!("{size} {root}"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_our_own_marks_stand_in_it() {
        let svg = super::svg("<script>alert(1)</script>");
        assert!(svg.starts_with("<svg") && !svg.contains("script"));
    }
}
