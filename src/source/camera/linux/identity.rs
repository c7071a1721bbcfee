//! Names for cameras that stay the same: not the number of the device node,
//! which depends on what was plugged in first.

use std::fs;
use std::path::{Path, PathBuf};

/// The stable identity of the node `/dev/videoN`.
///
/// A USB camera is known by vendor, product and serial number, wherever it is
/// plugged in; one without a serial number by its socket too. Anything else is
/// known by its place on the bus. A device with several nodes of pictures gets a
/// number behind it for all but the first.
pub(super) fn identity(node: &str, bus: &str) -> String {
    let folder = Path::new("/sys/class/video4linux").join(node);
    let base = usb_identity(&folder).unwrap_or_else(|| bus.to_owned());
    match attribute(&folder, "index").as_deref() {
        None | Some("0") => base,
        Some(index) => format!("{base}#{index}"),
    }
}

fn usb_identity(node: &Path) -> Option<String> {
    let usb = usb_device(&node.join("device").canonicalize().ok()?)?;
    let (vendor, product) = (attribute(&usb, "idVendor")?, attribute(&usb, "idProduct")?);
    let socket = usb.file_name()?.to_string_lossy().into_owned();
    Some(usb_name(&vendor, &product, attribute(&usb, "serial").as_deref(), &socket))
}

fn usb_name(vendor: &str, product: &str, serial: Option<&str>, socket: &str) -> String {
    // Some makers print the same "serial number" into every camera.
    let serial =
        serial.filter(|serial| serial.chars().any(|c| c.is_ascii_alphanumeric() && c != '0'));
    match serial {
        Some(serial) => format!("usb:{vendor}:{product}:{}", serial.replace([' ', ';', ':'], "_")),
        None => format!("usb:{vendor}:{product}@{socket}"),
    }
}

/// The folder of the USB device that an interface belongs to.
fn usb_device(interface: &Path) -> Option<PathBuf> {
    interface
        .ancestors()
        .take(4)
        .find(|folder| folder.join("idVendor").exists())
        .map(Path::to_owned)
}

fn attribute(folder: &Path, name: &str) -> Option<String> {
    let text = fs::read_to_string(folder.join(name)).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_number_comes_before_the_socket() {
        assert_eq!(usb_name("046d", "0825", Some("5C 39:A1"), "1-4"), "usb:046d:0825:5C_39_A1");
        assert_eq!(usb_name("046d", "0825", None, "1-4.2"), "usb:046d:0825@1-4.2");
        assert_eq!(usb_name("046d", "0825", Some("0000"), "1-4"), "usb:046d:0825@1-4");
    }

    #[test]
    fn what_is_not_on_usb_is_known_by_its_bus() {
        assert_eq!(identity("no-such-node", "platform:vivid-000"), "platform:vivid-000");
    }
}
