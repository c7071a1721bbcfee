//! Names for cameras that stay the same: not the number of the device node,
//! which depends on what was plugged in first. Nothing is opened for them.

use std::fs;
use std::path::{Path, PathBuf};

/// A device node, and the names that its device goes by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    /// The node's name, such as `video0`.
    pub node: String,
    /// The stable identity.
    pub id: String,
    /// What the maker says, wherever it is plugged in, if that is enough to tell
    /// it from all others.
    plain: String,
    /// The same with the place where it is plugged in.
    pub place: String,
}

/// The nodes there are, in the order of their numbers.
///
/// A USB camera is known by vendor, product and serial number, wherever it is
/// plugged in; one without a serial number by its socket too, and so are all
/// that claim the same number, so that none is ever taken for the other. Anything
/// else is known by its place on the bus, or by its name where it is in no place.
/// A device with several nodes of pictures gets a number behind it for all but
/// the first.
pub(super) fn nodes() -> Vec<Node> {
    let Ok(entries) = fs::read_dir("/dev") else { return Vec::new() };
    let mut numbers: Vec<u32> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.strip_prefix("video")?.parse().ok())
        .collect();
    numbers.sort_unstable();
    let mut nodes: Vec<Node> = numbers.iter().map(|number| look_up(*number)).collect();
    tell_twins_apart(&mut nodes);
    nodes
}

/// The node of a camera: in the place where it was seen last, or else by its
/// identity.
pub(super) fn pick<'a>(nodes: &'a [Node], id: &str, place: Option<&str>) -> Option<&'a Node> {
    let find = |is_it: &dyn Fn(&Node) -> bool| nodes.iter().find(|node| is_it(node));
    let seen = place.and_then(|place| find(&|node| node.place == place && node.is(id)));
    seen.or_else(|| find(&|node| node.id == id)).or_else(|| find(&|node| node.is(id)))
}

impl Node {
    /// Whether it goes by that name, or is the node of that path.
    fn is(&self, id: &str) -> bool {
        let is_path = id.strip_prefix("/dev/").is_some_and(|node| node == self.node);
        is_path || [&self.id, &self.place, &self.plain].iter().any(|name| *name == id)
    }
}

fn look_up(number: u32) -> Node {
    let node = format!("video{number}");
    let folder = Path::new("/sys/class/video4linux").join(&node);
    let [plain, place] =
        usb(&folder).or_else(|| bus(&folder)).unwrap_or_else(|| virtual_one(&folder, &node));
    let numbered = |name: String| match attribute(&folder, "index").as_deref() {
        None | Some("0") => name,
        Some(index) => format!("{name}#{index}"),
    };
    let (plain, place) = (numbered(plain), numbered(place));
    Node { node, id: plain.clone(), plain, place }
}

/// Cameras that claim the same name are known by their places, and where even
/// those are the same, by their nodes.
fn tell_twins_apart(nodes: &mut [Node]) {
    let count = |names: &[String], name: &str| names.iter().filter(|n| *n == name).count();
    let places: Vec<String> = nodes.iter().map(|node| node.place.clone()).collect();
    let names: Vec<String> = nodes.iter().map(|node| node.plain.clone()).collect();
    for node in nodes {
        if count(&places, &node.place) > 1 {
            node.place = format!("{}~{}", node.place, node.node);
        }
        if count(&names, &node.plain) > 1 {
            node.id.clone_from(&node.place);
        }
    }
}

/// Plain name and place of a USB camera.
fn usb(node: &Path) -> Option<[String; 2]> {
    let usb = usb_device(&node.join("device").canonicalize().ok()?)?;
    let (vendor, product) = (attribute(&usb, "idVendor")?, attribute(&usb, "idProduct")?);
    let socket = usb.file_name()?.to_string_lossy().into_owned();
    Some(usb_names(&vendor, &product, attribute(&usb, "serial").as_deref(), &socket))
}

fn usb_names(vendor: &str, product: &str, serial: Option<&str>, socket: &str) -> [String; 2] {
    let serial =
        serial.filter(|serial| serial.chars().any(|c| c.is_ascii_alphanumeric() && c != '0'));
    match serial {
        Some(serial) => {
            let plain = format!("usb:{vendor}:{product}:{}", tidy(serial));
            [plain.clone(), format!("{plain}@{socket}")]
        }
        None => {
            let place = format!("usb:{vendor}:{product}@{socket}");
            [place.clone(), place]
        }
    }
}

/// Without what has a meaning in identities.
fn tidy(text: &str) -> String {
    text.replace([' ', ';', ':', '@', '#', '~'], "_")
}

/// The folder of the USB device that an interface belongs to.
fn usb_device(interface: &Path) -> Option<PathBuf> {
    interface
        .ancestors()
        .take(4)
        .find(|folder| folder.join("idVendor").exists())
        .map(Path::to_owned)
}

/// The place of any other camera: its bus and its name there, as V4L2 writes
/// them.
fn bus(node: &Path) -> Option<[String; 2]> {
    let device = node.join("device").canonicalize().ok()?;
    let bus = device.join("subsystem").canonicalize().ok()?;
    let bus = match bus.file_name()?.to_str()? {
        "pci" => "PCI",
        other => other,
    };
    let place = format!("{bus}:{}", device.file_name()?.to_string_lossy());
    Some([place.clone(), place])
}

/// The name of a camera that is only a program's.
fn virtual_one(folder: &Path, node: &str) -> [String; 2] {
    let name = attribute(folder, "name").unwrap_or_else(|| node.into());
    let name = format!("virtual:{}", tidy(&name));
    [name.clone(), name]
}

fn attribute(folder: &Path, name: &str) -> Option<String> {
    let text = fs::read_to_string(folder.join(name)).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(number: u32, [plain, place]: [&str; 2]) -> Node {
        let (node, plain, place) = (format!("video{number}"), plain.to_string(), place.to_string());
        Node { node, id: plain.clone(), plain, place }
    }

    fn nodes(names: &[[&str; 2]]) -> Vec<Node> {
        let mut nodes: Vec<Node> = (0..).zip(names).map(|(n, names)| node(n, *names)).collect();
        tell_twins_apart(&mut nodes);
        nodes
    }

    const LEFT: [&str; 2] = ["usb:1:2:S", "usb:1:2:S@1-4"];
    const RIGHT: [&str; 2] = ["usb:1:2:S", "usb:1:2:S@1-5"];
    const OTHER: [&str; 2] = ["usb:1:2:T", "usb:1:2:T@1-6"];

    #[test]
    fn a_serial_number_comes_before_the_socket() {
        let names = |serial| usb_names("046d", "0825", serial, "1-4.2");
        assert_eq!(names(Some("5C 39:A1"))[0], "usb:046d:0825:5C_39_A1");
        assert_eq!(names(Some("5C 39:A1"))[1], "usb:046d:0825:5C_39_A1@1-4.2");
        assert_eq!(names(None)[0], "usb:046d:0825@1-4.2");
        assert_eq!(names(Some("0000"))[0], "usb:046d:0825@1-4.2");
    }

    #[test]
    fn twins_are_known_by_their_places_both() {
        let ids = nodes(&[LEFT, OTHER, RIGHT]).into_iter().map(|node| node.id);
        assert_eq!(ids.collect::<Vec<_>>(), ["usb:1:2:S@1-4", "usb:1:2:T", "usb:1:2:S@1-5"]);
        let same = nodes(&[["a", "a"], ["a", "a"]]).into_iter().map(|node| node.id);
        assert_eq!(same.collect::<Vec<_>>(), ["a~video0", "a~video1"]);
    }

    #[test]
    fn a_twin_is_never_taken_for_the_other_that_is_gone() {
        let picked = |names: &[[&str; 2]], id: &str, place: Option<&str>| {
            pick(&nodes(names), id, place).map(|node| node.place.clone())
        };
        let (left, right) = (Some(LEFT[1].to_string()), Some(RIGHT[1].to_string()));
        assert_eq!(picked(&[LEFT, RIGHT], LEFT[1], None), left);
        assert_eq!(picked(&[RIGHT], LEFT[1], None), None, "not the other");
        assert_eq!(picked(&[RIGHT], RIGHT[1], None), right, "the same though it is alone now");
        // One that was alone is found in another socket, and stays the same when
        // its twin comes.
        assert_eq!(picked(&[RIGHT], LEFT[0], Some(LEFT[1])), right);
        assert_eq!(picked(&[LEFT, RIGHT], RIGHT[0], Some(RIGHT[1])), right);
    }

    #[test]
    fn what_is_nowhere_is_known_by_its_name() {
        let [name, place] = virtual_one(Path::new("/no/such/folder"), "video9");
        assert_eq!((name.as_str(), place.as_str()), ("virtual:video9", "virtual:video9"));
        assert_eq!(tidy("OBS Virtual Camera"), "OBS_Virtual_Camera");
    }
}
