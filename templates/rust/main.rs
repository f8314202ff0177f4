//! Runs the handler for one call: the watchdog starts this for each. What a call is to the handler is in
//! function/src/call.rs.

use function::call::{Reply, Request};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut reply = Reply::to_watchdog();
    match function::handle(Request::of_watchdog(), &mut reply).and_then(|()| Ok(reply.finish()?)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            // Said before any output; after that the watchdog breaks the answer off, so that nobody takes it for whole.
            ExitCode::FAILURE
        }
    }
}
