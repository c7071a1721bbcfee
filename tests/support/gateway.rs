//! A proxy, SOCKS5 or HTTP CONNECT: leads every connection to one local port, whatever
//! it is asked for, and keeps what it was asked for.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// What it speaks, and whom it lets in.
#[derive(Clone, Copy)]
pub enum Speaks {
    /// SOCKS5, for a user and password where one is given.
    Socks5(Option<(&'static str, &'static str)>),
    /// HTTP CONNECT, answered with this status line and these headers.
    Http(&'static str),
}

/// A running proxy.
pub struct Gateway {
    /// Where it listens.
    pub port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Gateway {
    /// Leads to a local port.
    pub fn start(speaks: Speaks, to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port can be had");
        let port = listener.local_addr().expect("it has an address").port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let heard = Arc::clone(&heard);
                // A client that goes away in the middle is no matter.
                thread::spawn(move || drop(serve(client, speaks, to, &heard)));
            }
        });
        Self { port, asked }
    }

    /// The hosts and ports that it was asked for.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn serve(
    client: TcpStream,
    speaks: Speaks,
    to: u16,
    heard: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let asked = match speaks {
        Speaks::Socks5(who) => socks5(&client, who)?,
        Speaks::Http(answer) => http(&client, answer)?,
    };
    let Some(asked) = asked else { return client.shutdown(Shutdown::Both) };
    heard.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
    let server = TcpStream::connect(("127.0.0.1", to))?;
    let (mut up, mut down) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || {
        let _ = std::io::copy(&mut down, &mut up);
        let _ = up.shutdown(Shutdown::Write);
    });
    std::io::copy(&mut &client, &mut &server)?;
    server.shutdown(Shutdown::Write)
}

fn take<const N: usize>(mut client: &TcpStream) -> std::io::Result<[u8; N]> {
    let mut bytes = [0; N];
    client.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn text(mut client: &TcpStream) -> std::io::Result<String> {
    let [length] = take(client)?;
    let mut bytes = vec![0; length.into()];
    client.read_exact(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn socks5(mut client: &TcpStream, who: Option<(&str, &str)>) -> std::io::Result<Option<String>> {
    let [_, count] = take(client)?;
    let mut methods = vec![0; count.into()];
    client.read_exact(&mut methods)?;
    let method = if who.is_some() { 2 } else { 0 };
    if !methods.contains(&method) {
        client.write_all(&[5, 0xFF])?;
        return Ok(None);
    }
    client.write_all(&[5, method])?;
    if let Some((user, password)) = who {
        let [_] = take(client)?;
        let right = (text(client)?.as_str(), text(client)?.as_str()) == (user, password);
        client.write_all(&[1, u8::from(!right)])?;
        if !right {
            return Ok(None);
        }
    }
    let [_, _, _, kind] = take(client)?;
    let host = match kind {
        1 => std::net::Ipv4Addr::from(take::<4>(client)?).to_string(),
        4 => std::net::Ipv6Addr::from(take::<16>(client)?).to_string(),
        _ => text(client)?,
    };
    let port = u16::from_be_bytes(take(client)?);
    client.write_all(&[5, 0, 0, 3, 1, b'x', 0, 0])?;
    Ok(Some(format!("{host}:{port}")))
}

fn http(mut client: &TcpStream, answer: &str) -> std::io::Result<Option<String>> {
    // Nothing follows the head before it is answered.
    let mut lines = BufReader::new(client).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    for line in lines.by_ref() {
        if line?.is_empty() {
            break;
        }
    }
    client.write_all(format!("HTTP/1.1 {answer}\r\n\r\n").as_bytes())?;
    let asked = first.strip_prefix("CONNECT ").and_then(|rest| rest.strip_suffix(" HTTP/1.1"));
    Ok(asked.filter(|_| answer.starts_with("200")).map(str::to_owned))
}
