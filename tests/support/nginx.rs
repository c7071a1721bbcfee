//! A real nginx with its rtmp module, on a free port, in a folder of its own.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running nginx. Dropping it ends it and removes its folder.
pub struct Nginx {
    /// The port it listens on.
    pub port: u16,
    folder: PathBuf,
    child: Option<Child>,
}

impl Nginx {
    /// Starts one that records what is published to `live`.
    pub fn start(name: &str) -> Self {
        Self::start_on(name, free_port())
    }

    /// The same on a given port.
    pub fn start_on(name: &str, port: u16) -> Self {
        let folder = std::env::temp_dir().join(format!("tallylight-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("recorded")).expect("a temporary folder can be made");
        fs::write(folder.join("nginx.conf"), configuration(port, &folder))
            .expect("it can be written to");
        let mut nginx = Self { port, folder, child: None };
        nginx.launch();
        nginx
    }

    /// Kills it without a goodbye; its folder stays.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Starts it again after `kill`.
    pub fn launch(&mut self) {
        let log = fs::File::create(self.folder.join("stderr.log")).expect("a log can be made");
        let child = Command::new("nginx")
            .arg("-c")
            .arg(self.folder.join("nginx.conf"))
            .arg("-p")
            .arg(&self.folder)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("nginx is missing: install the package nginx");
        self.child = Some(child);
        self.wait_until_it_listens();
    }

    /// The address to publish `key` to.
    pub fn url(&self, key: &str) -> String {
        format!("rtmp://127.0.0.1:{}/live/{key}", self.port)
    }

    /// The files recorded so far, oldest first.
    pub fn recordings(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder.join("recorded")).expect("the folder is there");
        let mut files: Vec<_> = entries.map(|e| e.expect("it can be read").path()).collect();
        files.sort();
        files
    }

    fn wait_until_it_listens(&mut self) {
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let ended = self.child.as_mut().and_then(|c| c.try_wait().ok().flatten());
            let log = || fs::read_to_string(self.folder.join("stderr.log")).unwrap_or_default();
            assert!(
                ended.is_none() && begun.elapsed() < Duration::from_secs(20),
                "nginx did not start (is the package libnginx-mod-rtmp there?): {}",
                log()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A port that nobody listens on just now.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port can be had");
    listener.local_addr().expect("it has an address").port()
}

fn configuration(port: u16, folder: &Path) -> String {
    let folder = folder.display();
    // One process: killing it kills all of it. Root's files stay root's.
    format!(
        "load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;
        {user}
        daemon off;
        master_process off;
        pid {folder}/nginx.pid;
        error_log {folder}/error.log info;
        events {{ worker_connections 64; }}
        rtmp {{
            access_log off;
            server {{
                listen 127.0.0.1:{port};
                application live {{
                    live on;
                    record all;
                    record_path {folder}/recorded;
                    record_unique off;
                    record_suffix -%s.flv;
                }}
            }}
        }}",
        user = if is_root() { "user root;" } else { "" },
    )
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("id is part of coreutils");
    id.stdout.starts_with(b"0\n")
}
