//! A TLS front before a local port: nginx's stream module, as people run it.

use std::fs;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};

use crate::nginx::free_port;
use crate::program::eventually;

/// What the front shows.
pub struct Certificate {
    name: String,
    last_year: i32,
}

impl Certificate {
    /// For this computer, valid for long.
    pub fn good() -> Self {
        Self::for_name("localhost")
    }

    /// For another computer.
    pub fn for_name(name: &str) -> Self {
        Self { name: name.into(), last_year: 2090 }
    }

    /// For this computer, long ago.
    pub fn expired() -> Self {
        Self { name: "localhost".into(), last_year: 2021 }
    }
}

/// A running front.
pub struct TlsFront {
    /// Where it listens.
    pub port: u16,
    folder: PathBuf,
    child: Child,
}

impl TlsFront {
    /// Decrypts what comes and passes it on to a local port.
    pub fn start(name: &str, to: u16, certificate: &Certificate) -> Self {
        let folder =
            std::env::temp_dir().join(format!("tallylight-front-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a temporary folder can be made");
        write_certificates(&folder, certificate);
        let port = free_port();
        let configuration = format!(
            "load_module /usr/lib/nginx/modules/ngx_stream_module.so;
            daemon off; master_process off; pid {0}/nginx.pid; error_log {0}/error.log info;
            events {{ worker_connections 64; }}
            stream {{ server {{
                listen 127.0.0.1:{port} ssl;
                ssl_certificate {0}/server.pem;
                ssl_certificate_key {0}/server.key;
                proxy_pass 127.0.0.1:{to};
            }} }}",
            folder.display()
        );
        fs::write(folder.join("nginx.conf"), configuration).expect("it can be written to");
        let child = Command::new("nginx")
            .arg("-c")
            .arg(folder.join("nginx.conf"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx is missing: install the packages nginx and libnginx-mod-stream");
        eventually(
            "the TLS front listens (package libnginx-mod-stream)",
            Duration::from_secs(20),
            || TcpStream::connect(("127.0.0.1", port)).ok(),
        );
        Self { port, folder, child }
    }

    /// The file of the authority that signed its certificate.
    pub fn authority(&self) -> String {
        self.folder.join("authority.pem").display().to_string()
    }

    /// Its certificate's fingerprint, as openssl prints it.
    pub fn fingerprint(&self) -> String {
        let output = Command::new("openssl")
            .args(["x509", "-noout", "-fingerprint", "-sha256", "-in"])
            .arg(self.folder.join("server.pem"))
            .output()
            .expect("openssl is missing: install the package openssl");
        let text = String::from_utf8(output.stdout).expect("it prints text");
        text.trim().split_once('=').expect("a name and a value").1.to_string()
    }
}

impl Drop for TlsFront {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn write_certificates(folder: &std::path::Path, certificate: &Certificate) {
    let key = || KeyPair::generate().expect("a key can be made");
    let mut authority = CertificateParams::new(Vec::new()).expect("no names are fine");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, key()).expect("it can sign itself");
    let mut params = CertificateParams::new(vec![certificate.name.clone()]).expect("a name");
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(certificate.last_year, 1, 1);
    let server_key = key();
    let server = params.signed_by(&server_key, &authority).expect("it can be signed");
    let write = |name: &str, text: String| fs::write(folder.join(name), text).expect("written");
    write("authority.pem", authority.pem());
    write("server.pem", server.pem());
    write("server.key", server_key.serialize_pem());
}
