//! `muster tag decode`: one JSON object a line, from the arguments or from standard input.

use std::io::{BufRead as _, Write as _};
use std::process::ExitCode;

use tag_data::decode::decode as understand;

/// The most bytes of a line that are read as one value.
const LINE_MAX: usize = 64 * 1024;

/// Says what each value says; every value gets an answer.
///
/// # Errors
/// When standard input or output breaks.
pub fn decode(values: &[String]) -> anyhow::Result<ExitCode> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut say = |value: &str| -> anyhow::Result<()> {
        serde_json::to_writer(&mut out, &understand(value))?;
        out.write_all(b"\n")?;
        Ok(())
    };
    if !values.is_empty() {
        values.iter().try_for_each(|value| say(value))?;
        out.flush()?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut input = std::io::stdin().lock();
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = std::io::Read::take(&mut input, LINE_MAX as u64).read_until(b'\n', &mut line)?;
        if read == 0 {
            break;
        }
        let text = String::from_utf8_lossy(&line);
        let value = text.trim_end_matches(['\r', '\n']);
        if !value.is_empty() {
            say(value)?;
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
