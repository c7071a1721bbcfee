//! H.264 as a container has to know it: NAL units, parameter sets, the decoder
//! configuration record. Nothing here decodes a picture.
//!
//! - ITU-T H.264 §7.3 (syntax of NAL units and parameter sets), Annex B (start
//!   codes), Annex E (VUI)
//! - ISO/IEC 14496-15 §5.3.3 (length prefixes, AVCDecoderConfigurationRecord)

mod config;
mod nal;
mod sps;

pub use config::DecoderConfig;
pub use nal::{AnnexB, LengthPrefixed, NalType, annex_b, length_prefixed};
pub use sps::{Color, Sps};

/// Why bytes are not what they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum H264Error {
    /// The bytes end before the structure does.
    #[error("the {0} ends too early")]
    Truncated(&'static str),
    /// A number is outside of what the standard allows.
    #[error("the {0} is out of range")]
    OutOfRange(&'static str),
    /// There is no sequence parameter set, or no picture parameter set.
    #[error("the {0} is missing")]
    Missing(&'static str),
}
