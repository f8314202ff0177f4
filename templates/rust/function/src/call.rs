//! A call as the handler sees it. Belongs to the template; nothing in here needs to be changed.

use std::env;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::FromRawFd;
use std::sync::{Arc, Mutex};

pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// Its body is read from it, as it arrives.
pub struct Request {
    pub method: String,
    pub path: String,
    pub query: String,
    body: Box<dyn Read>,
}

impl Request {
    pub fn of_watchdog() -> Self {
        let variable = |name| env::var(name).unwrap_or_default();
        Request {
            method: variable("Http_Method"),
            path: variable("Http_Path"),
            query: variable("Http_Query"),
            body: Box::new(io::stdin()),
        }
    }

    /// For tests.
    pub fn with_body(body: impl Into<Vec<u8>>) -> Self {
        let body = Box::new(io::Cursor::new(body.into()));
        Request { method: "POST".into(), path: "/".into(), query: String::new(), body }
    }

    pub fn header(&self, name: &str) -> Option<String> {
        let words = name.split('-').map(|word| {
            let (first, rest) = word.split_at(word.len().min(1));
            format!("_{}{}", first.to_ascii_uppercase(), rest.to_ascii_lowercase())
        });
        env::var(format!("Http{}", words.collect::<String>())).ok()
    }

    /// The whole body, which has to be UTF-8.
    pub fn text(mut self) -> Result<String, Error> {
        let mut text = String::new();
        self.body.read_to_string(&mut text)?;
        Ok(text)
    }
}

impl Read for Request {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.body.read(buffer)
    }
}

/// The head leaves with the first byte of the body.
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    control: Option<File>,
    body: Box<dyn Write>,
}

impl Reply {
    pub fn to_watchdog() -> Self {
        let number = env::var("FWATCHDOG_CTRL_FD").ok().and_then(|text| text.parse().ok());
        // The watchdog opened it for this process alone.
        let control = number.map(|fd| unsafe { File::from_raw_fd(fd) });
        let headers = vec![("Content-Type".into(), "text/plain; charset=utf-8".into())];
        Reply { status: 200, headers, control, body: Box::new(io::stdout()) }
    }

    /// For tests: what is written, beside it.
    pub fn to_memory() -> (Self, Arc<Mutex<Vec<u8>>>) {
        let output = Arc::new(Mutex::new(Vec::new()));
        let body = Box::new(Memory(output.clone()));
        (Reply { status: 200, headers: Vec::new(), control: None, body }, output)
    }

    /// Before any output.
    pub fn status(&mut self, status: u16) -> &mut Self {
        self.status = status;
        self
    }

    /// Before any output. Replaces one of the same name.
    pub fn header(&mut self, name: &str, value: &str) -> &mut Self {
        self.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sends the head if nothing was written.
    pub fn finish(&mut self) -> io::Result<()> {
        self.send_head()?;
        self.body.flush()
    }

    fn send_head(&mut self) -> io::Result<()> {
        let Some(mut control) = self.control.take() else { return Ok(()) };
        let headers: Vec<_> =
            self.headers.iter().map(|(name, value)| format!("{}:{}", quoted(name), quoted(value))).collect();
        writeln!(control, "{{\"status\":{},\"headers\":{{{}}}}}", self.status, headers.join(","))
    }
}

impl Write for Reply {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.send_head()?;
        self.body.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.body.flush()
    }
}

struct Memory(Arc<Mutex<Vec<u8>>>);

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
