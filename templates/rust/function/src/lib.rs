pub mod call;

use call::{Error, Reply, Request};
use std::io::Write;

/// Answers one call. What is written to `reply` leaves as it comes.
pub fn handle(request: Request, reply: &mut Reply) -> Result<(), Error> {
    let input = request.text()?;
    let name = match input.trim() {
        "" => "world",
        name => name,
    };
    writeln!(reply, "Hello, {name}!")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_answered() {
        let (mut reply, output) = Reply::to_memory();
        handle(Request::with_body("reader"), &mut reply).unwrap();
        reply.finish().unwrap();
        assert!(!output.lock().unwrap().is_empty());
    }
}
