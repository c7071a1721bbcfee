//! The same with TLS, against a server of the same library and certificates made
//! here: good, expired, signed by itself, for another name, and no TLS at all.

use std::io::IoSlice;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;

use rcgen::{
    BasicConstraints, Certificate as Made, CertificateParams, DnType, IsCa, Issuer, KeyPair,
    date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{HandshakeKind, ServerConfig, ServerConnection, Stream, SupportedProtocolVersion};

use super::*;
use crate::publish::reconnect::Retry;

/// A certificate with its key.
struct Identity {
    certificate: CertificateDer<'static>,
    pem: String,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    fn new(made: &Made, key: &KeyPair) -> Self {
        let der = key.serialize_der();
        Self {
            certificate: made.der().clone(),
            pem: made.pem(),
            key: PrivateKeyDer::try_from(der).expect("a key in PKCS #8"),
        }
    }

    fn signed_by_itself(params: &CertificateParams) -> Self {
        let key = KeyPair::generate().expect("a key");
        Self::new(&params.self_signed(&key).expect("a certificate"), &key)
    }
}

/// Who signs the test's certificates.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "tallylight test authority");
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    fn sign(&self, params: &CertificateParams) -> Identity {
        let key = KeyPair::generate().expect("a key");
        Identity::new(&params.signed_by(&key, &self.issuer).expect("a certificate"), &key)
    }
}

fn named(name: &str) -> CertificateParams {
    CertificateParams::new([name.to_owned()]).expect("a name")
}

/// A file in the system's folder for such, gone when the test is over.
struct PemFile(PathBuf);

impl PemFile {
    fn new(pem: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("tallylight-test-{}-{count}.pem", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, pem).expect("the folder for temporary files can be written to");
        Self(path)
    }

    fn trust(&self) -> Trust {
        Trust::system(Some(&self.0)).expect("certificates")
    }
}

impl Drop for PemFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// What a server does once it has agreed on encryption.
type Serve = fn(&mut Stream<'_, ServerConnection, StdStream>);

/// Echoes one message of five bytes, then says goodbye.
fn echo(stream: &mut Stream<'_, ServerConnection, StdStream>) {
    let mut message = [0; 5];
    stream.read_exact(&mut message).expect("five bytes");
    stream.write_all(&message).expect("the client listens");
    stream.conn.send_close_notify();
    stream.flush().expect("the client listens");
}

/// A server for one connection, on a thread that ends with it. What goes wrong
/// in its handshake is for the client to tell.
fn serve(
    identity: Identity,
    versions: &[&'static SupportedProtocolVersion],
    serve: Serve,
) -> Server {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .expect("versions that the provider has")
        .with_no_client_auth()
        .with_single_cert(vec![identity.certificate], identity.key)
        .expect("a certificate that fits its key");
    let (listener, address) = listener();
    let thread = std::thread::spawn(move || {
        let mut socket = accept(&listener);
        let mut connection = ServerConnection::new(Arc::new(config)).expect("a configuration");
        while connection.is_handshaking() {
            if connection.complete_io(&mut socket).is_err() {
                return;
            }
        }
        serve(&mut Stream::new(&mut connection, &mut socket));
    });
    Server { address, thread }
}

struct Server {
    address: SocketAddr,
    thread: JoinHandle<()>,
}

impl Server {
    fn client(&self, host: &str, trust: Trust) -> Client {
        Client::encrypting(&[self.address], Some(Encryption { host: host.into(), trust }))
    }

    fn end(self) {
        self.thread.join().expect("the server is content");
    }
}

/// Connects to a server with this certificate; what came of it.
fn attempt(identity: Identity, host: &str, trust: Trust) -> Result<(), Error> {
    let server = serve(identity, rustls::ALL_VERSIONS, |_| ());
    let result = server.client(host, trust).finish();
    server.end();
    result
}

fn refused(identity: Identity, host: &str, trust: Trust) -> Certificate {
    match attempt(identity, host, trust) {
        Err(error @ Error::Tls(TlsError::Certificate(_))) => {
            assert_eq!(error.retry(), Retry::Never, "{error}");
            let Error::Tls(TlsError::Certificate(reason)) = error else { unreachable!() };
            reason
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_good_certificate_with_both_versions() {
    let authority = Authority::new();
    let file = PemFile::new(&authority.pem);
    for (version, name) in
        [(&rustls::version::TLS12, "TLS 1.2"), (&rustls::version::TLS13, "TLS 1.3")]
    {
        let server = serve(authority.sign(&named("localhost")), &[version], echo);
        let mut client = server.client("localhost", file.trust());
        client.finish().expect("it is trusted");
        assert_eq!(client.transport.tls_version(), Some(name));
        assert_eq!(client.transport.write(&[IoSlice::new(b"hello")]).expect("it writes"), 5);
        assert!(client.transport.is_flushed());
        assert_eq!(client.receive().expect("a clean end"), b"hello");
        assert_eq!(client.transport.taken(), 5);
        assert!(client.transport.sent() > 200, "the handshake went the same way");
        server.end();
    }
}

#[test]
fn an_address_in_place_of_a_name() {
    let authority = Authority::new();
    let file = PemFile::new(&authority.pem);
    attempt(authority.sign(&named("127.0.0.1")), "127.0.0.1", file.trust()).expect("it is trusted");
    let wrong = refused(authority.sign(&named("localhost")), "127.0.0.1", file.trust());
    assert!(matches!(wrong, Certificate::WrongName { .. }), "{wrong:?}");
}

#[test]
fn certificates_that_are_not_to_be_believed() {
    let authority = Authority::new();
    let file = PemFile::new(&authority.pem);

    let mut old = named("localhost");
    old.not_before = date_time_ymd(2020, 1, 1);
    old.not_after = date_time_ymd(2021, 1, 1);
    let expired = refused(authority.sign(&old), "localhost", file.trust());
    assert!(matches!(expired, Certificate::Expired { days: Some(1_000..) }), "{expired:?}");

    let mut early = named("localhost");
    early.not_before = date_time_ymd(2900, 1, 1);
    early.not_after = date_time_ymd(2901, 1, 1);
    assert_eq!(
        refused(authority.sign(&early), "localhost", file.trust()),
        Certificate::NotYetValid
    );

    let other = refused(authority.sign(&named("example.com")), "localhost", file.trust());
    assert_eq!(other.to_string(), "is for another name (example.com)");

    for is_ca in [IsCa::NoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
        let mut params = named("localhost");
        params.is_ca = is_ca;
        let lonely = Identity::signed_by_itself(&params);
        assert_eq!(refused(lonely, "localhost", file.trust()), Certificate::UnknownIssuer);
    }
}

/// A server's own certificate in the file: as it should be, and marked as an
/// authority's, as the usual recipe makes it.
#[test]
fn ones_own_certificate_by_file() {
    let mut authority_too = named("localhost");
    authority_too.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    for params in [named("localhost"), authority_too] {
        let identity = Identity::signed_by_itself(&params);
        let file = PemFile::new(&identity.pem);
        attempt(identity, "localhost", file.trust()).expect("it is in the file");

        let identity = Identity::signed_by_itself(&params);
        let file = PemFile::new(&identity.pem);
        let wrong = refused(identity, "example.com", file.trust());
        assert!(matches!(wrong, Certificate::WrongName { .. }), "{wrong:?}");

        let mut old = params.clone();
        old.not_after = date_time_ymd(2021, 1, 1);
        let identity = Identity::signed_by_itself(&old);
        let file = PemFile::new(&identity.pem);
        let expired = refused(identity, "localhost", file.trust());
        assert!(matches!(expired, Certificate::Expired { .. }), "{expired:?}");
    }
}

#[test]
fn ones_own_certificate_by_fingerprint() {
    let mut old = named("example.com");
    old.not_after = date_time_ymd(2021, 1, 1);
    let identity = Identity::signed_by_itself(&old);
    let trust = Trust::only(Fingerprint::of(&identity.certificate));
    attempt(identity, "localhost", trust.clone()).expect("it is the one");
    let other = Identity::signed_by_itself(&named("localhost"));
    assert_eq!(refused(other, "localhost", trust), Certificate::NotTheOne);
}

#[test]
fn the_system_alone_does_not_believe_a_stranger() {
    match Trust::system(None) {
        Ok(trust) => {
            let lonely = Identity::signed_by_itself(&named("localhost"));
            assert_eq!(refused(lonely, "localhost", trust), Certificate::UnknownIssuer);
        }
        // A machine without any says what to install.
        Err(error) => assert!(error.to_string().contains("ca-certificates"), "{error}"),
    }
}

/// Servers that close without a goodbye are many; it is the end all the same.
#[test]
fn an_end_without_a_goodbye() {
    let authority = Authority::new();
    let file = PemFile::new(&authority.pem);
    let server = serve(authority.sign(&named("localhost")), rustls::ALL_VERSIONS, |stream| {
        stream.write_all(b"last words").expect("the client listens");
    });
    let mut client = server.client("localhost", file.trust());
    client.finish().expect("it is trusted");
    assert_eq!(client.receive().expect("an end"), b"last words");
    server.end();
}

/// The other way round: a goodbye of ours is one for the server.
#[test]
fn our_goodbye_is_heard() {
    let authority = Authority::new();
    let file = PemFile::new(&authority.pem);
    let server = serve(authority.sign(&named("localhost")), rustls::ALL_VERSIONS, |stream| {
        let mut heard = Vec::new();
        // Without a goodbye this would be an error.
        stream.read_to_end(&mut heard).expect("a goodbye");
        assert_eq!(heard.len(), 100_000);
    });
    let mut client = server.client("localhost", file.trust());
    client.finish().expect("it is trusted");
    let bytes = vec![7; 100_000];
    let mut written = 0;
    while written < bytes.len() {
        match client.transport.write(&[IoSlice::new(&bytes[written..])]).expect("it is open") {
            0 => client.wait(),
            n => written += n,
        }
    }
    while !client.transport.close().expect("it closes") {
        client.wait();
    }
    server.end();
}

#[test]
fn what_does_not_speak_tls() {
    let (listener, address) = listener();
    let thread = std::thread::spawn(move || {
        let mut socket = accept(&listener);
        socket.read_exact(&mut [0; 64]).expect("a hello");
        socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").expect("the client listens");
    });
    let trust = Trust::only(Fingerprint::of(b"any"));
    let encryption = Encryption { host: "localhost".into(), trust };
    let mut client = Client::encrypting(&[address], Some(encryption));
    let error = client.finish().expect_err("no TLS");
    assert!(matches!(error, Error::Tls(TlsError::NotTls)), "{error:?}");
    thread.join().expect("the server is content");
}

#[test]
fn a_server_that_closes_or_says_nothing_in_the_handshake() {
    let trust = Trust::only(Fingerprint::of(b"any"));
    let encryption = Encryption { host: "localhost".into(), trust };

    let (listener, address) = listener();
    let mut client = Client::encrypting(&[address], Some(encryption.clone()));
    while client.drive().expect("it connects") != Progress::Encrypting {
        client.wait();
    }
    let socket = accept(&listener);
    client.now += Duration::from_secs(3_600);
    assert_eq!(client.drive().expect("how long is up to the caller"), Progress::Encrypting);
    drop(socket);

    let mut client = Client::encrypting(&[address], Some(encryption));
    while client.drive().expect("it connects") != Progress::Encrypting {
        client.wait();
    }
    let mut socket = accept(&listener);
    socket.read_exact(&mut [0; 64]).expect("a hello");
    socket.shutdown(Shutdown::Write).expect("it closes");
    let error = client.finish().expect_err("closed");
    assert!(matches!(error, Error::Tls(TlsError::Closed)), "{error:?}");
    assert_eq!(error.retry(), Retry::Backoff);
}

#[test]
fn a_host_that_is_no_name() {
    let trust = Trust::only(Fingerprint::of(b"any"));
    let (_listener, address) = listener();
    let encryption = Encryption { host: "no such name".into(), trust };
    let error = Client::encrypting(&[address], Some(encryption)).finish().expect_err("no name");
    assert!(matches!(error, Error::Tls(TlsError::NoName(_))), "{error:?}");
}

/// The usual recipe of old: the host is the common name, and that does not count.
#[test]
fn a_certificate_that_names_its_host_in_the_common_name_alone() {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "localhost");
    let authority = Authority::new();
    let file = PemFile::new(&authority.pem);
    let signed = refused(authority.sign(&params), "localhost", file.trust());
    assert_eq!(signed, Certificate::NamesNoHost);

    let own = Identity::signed_by_itself(&params);
    let file = PemFile::new(&own.pem);
    assert_eq!(refused(own, "localhost", file.trust()), Certificate::NamesNoHost);

    let own = Identity::signed_by_itself(&params);
    let trust = Trust::only(Fingerprint::of(&own.certificate));
    attempt(own, "localhost", trust).expect("its fingerprint says more than its names");
}

/// A server that has heard enough: what it said before is read, though what is still to
/// be sent can't be.
#[test]
fn last_words_are_read_before_a_broken_way_out_is_reported() {
    let authority = Authority::new();
    let file = PemFile::new(&authority.pem);
    let server = serve(authority.sign(&named("localhost")), rustls::ALL_VERSIONS, |stream| {
        // Nothing of what the client sends is read: the close is a reset.
        stream.sock.peek(&mut [0]).expect("the client sends");
        // The system would keep the words for the next acknowledgement, and forget them.
        stream.sock.set_nodelay(true).expect("an option");
        stream.write_all(b"last words").expect("the client listens");
    });
    let mut client = server.client("localhost", file.trust());
    client.finish().expect("it is trusted");
    let bytes = vec![7; 64 << 10];
    while client.transport.write(&[IoSlice::new(&bytes)]).is_ok_and(|n| n > 0) {}
    assert!(!client.transport.is_flushed(), "something waits to be sent");
    server.end();
    let mut heard = Vec::new();
    let mut buffer = [0; 4_096];
    loop {
        match client.transport.read(&mut buffer) {
            Ok(Received::Bytes(n)) => heard.extend_from_slice(&buffer[..n]),
            Ok(Received::Blocked) => client.wait(),
            Ok(Received::End) | Err(_) => break,
        }
    }
    assert_eq!(heard, b"last words");
}

/// Reconnecting needs neither certificates read anew nor a whole handshake.
#[test]
fn a_second_connection_takes_up_the_first_ones_session() {
    let authority = Authority::new();
    let identity = authority.sign(&named("localhost"));
    let file = PemFile::new(&authority.pem);
    let trust = file.trust();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(rustls::ALL_VERSIONS)
        .expect("versions that the provider has")
        .with_no_client_auth()
        .with_single_cert(vec![identity.certificate], identity.key)
        .expect("a certificate that fits its key");
    let (config, (listener, address)) = (Arc::new(config), listener());
    let thread = std::thread::spawn(move || {
        let kind = |_| {
            let mut socket = accept(&listener);
            let mut connection = ServerConnection::new(Arc::clone(&config)).expect("a server");
            echo(&mut Stream::new(&mut connection, &mut socket));
            connection.handshake_kind()
        };
        [0, 1].map(kind)
    });
    for _ in 0..2 {
        let encryption = Encryption { host: "localhost".into(), trust: trust.clone() };
        let mut client = Client::encrypting(&[address], Some(encryption));
        client.finish().expect("it is trusted");
        client.transport.write(&[IoSlice::new(b"hello")]).expect("it writes");
        assert_eq!(client.receive().expect("a clean end"), b"hello");
    }
    let kinds = thread.join().expect("the server is content");
    assert_eq!(kinds, [Some(HandshakeKind::Full), Some(HandshakeKind::Resumed)]);
}
