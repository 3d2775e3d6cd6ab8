//! The raw socket, plain or under TLS: reads and writes that never wait.

use std::io::{self, IoSlice, Read as _, Write as _};

use rustls::ServerConnection;
use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::TcpStream;

/// The TLS state of a socket; none for a plain one.
pub(crate) type Tls = Option<Box<ServerConnection>>;

/// Writes as much as the socket takes; `WouldBlock` when it takes nothing.
///
/// Under TLS all is taken or nothing: what the socket has no room for stays in the TLS state, until [`flush`].
pub(crate) fn write(socket: &TcpStream, tls: &mut Tls, slices: &[IoSlice<'_>]) -> io::Result<usize> {
    let Some(tls) = tls else { return write_plain(socket, slices) };
    flush_tls(socket, tls)?;
    let mut total = 0;
    for slice in slices {
        tls.writer().write_all(slice)?;
        total += slice.len();
    }
    match flush_tls(socket, tls) {
        Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
        _ => Ok(total),
    }
}

/// One slice, which is the rule, is sent by the cheaper system call: `send` knows the socket, `writev` looks for a file.
fn write_plain(socket: &TcpStream, slices: &[IoSlice<'_>]) -> io::Result<usize> {
    match slices {
        [only] => socket.try_io(Interest::WRITABLE, || SockRef::from(socket).send(only)),
        several => socket.try_write_vectored(several),
    }
}

/// Writes what TLS still holds; `WouldBlock` when some of it stays.
pub(crate) fn flush(socket: &TcpStream, tls: &mut Tls) -> io::Result<()> {
    tls.as_mut().map_or(Ok(()), |tls| flush_tls(socket, tls))
}

/// Whether TLS holds bytes for the socket.
pub(crate) fn holds(tls: &Tls) -> bool {
    tls.as_ref().is_some_and(|tls| tls.wants_write())
}

fn flush_tls(socket: &TcpStream, tls: &mut ServerConnection) -> io::Result<()> {
    while tls.wants_write() {
        tls.write_tls(&mut Unwaiting(socket))?;
    }
    Ok(())
}

/// Reads plain bytes; 0 is the end of the stream.
///
/// A short read is taken as the last one: the socket's readiness is given up in the same step, which saves the system
/// call that would only say so. (tokio does the same in `poll_read`; what arrives in between sets it again.)
pub(crate) fn read_plain(socket: &TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    let mut short = None;
    let full = socket.try_io(Interest::READABLE, || {
        let read = socket.try_read(buffer)?;
        if read == 0 || read == buffer.len() {
            return Ok(read);
        }
        short = Some(read);
        Err(io::ErrorKind::WouldBlock.into())
    });
    short.map_or(full, Ok)
}

/// Reads bytes from under TLS; 0 is the end of the stream.
pub(crate) fn read_tls(
    socket: &TcpStream,
    tls: &mut ServerConnection,
    buffer: &mut [u8],
) -> io::Result<usize> {
    loop {
        match tls.reader().read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            // A peer that leaves without a word ends the stream all the same: WebSocket has its own goodbye.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
            other => return other,
        }
        if tls.read_tls(&mut Unwaiting(socket))? == 0 {
            return Ok(0);
        }
        let processed = tls.process_new_packets();
        // An alert or a key update may have to go out, whatever came in.
        match flush_tls(socket, tls) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
            _ => {}
        }
        processed.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    }
}

/// A socket as rustls wants it.
struct Unwaiting<'a>(&'a TcpStream);

impl io::Read for Unwaiting<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.try_read(buffer)
    }
}

impl io::Write for Unwaiting<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.try_write_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
