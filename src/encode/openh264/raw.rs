//! The C++ encoder object of OpenH264: the only unsafe code of this codec.
//!
//! [`Raw`] owns one encoder, hands it parameters and pictures, and lends out the
//! NAL units it wrote. What the figures mean is decided one file up.

use std::os::raw::{c_int, c_void};
use std::ptr;

use openh264_sys2 as sys;
use sys::{
    API, DynamicAPI, ISVCEncoder, ISVCEncoderVtbl, SEncParamExt, SFrameBSInfo, SLayerBSInfo,
    SSourcePicture,
};

use crate::media::{Picture, Plane};

/// One encoder object, initialised.
pub(super) struct Raw {
    /// Never null; made by `WelsCreateSVCEncoder` and owned by this value alone.
    object: *mut ISVCEncoder,
    /// The parameters that it works with.
    params: Box<SEncParamExt>,
    /// Where the last call to `encode` left its layers. Boxed: 7 KB.
    info: Box<SFrameBSInfo>,
}

/// What the library answered instead of doing it; its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Code(pub c_int);

// SAFETY: the object has no tie to the thread that made it, and `Raw` has no
// shared access to it: every call that reaches the object takes `&mut self`.
unsafe impl Send for Raw {}

impl Raw {
    /// Makes an encoder; `set` changes what differs from the library's defaults.
    pub fn new(set: impl FnOnce(&mut SEncParamExt)) -> Result<Self, Code> {
        let mut object: *mut ISVCEncoder = ptr::null_mut();
        // SAFETY: the library writes a pointer or leaves null, which is checked.
        check(unsafe { DynamicAPI::from_source().WelsCreateSVCEncoder(&raw mut object) })?;
        if object.is_null() {
            return Err(Code(-1));
        }
        let mut raw = Self { object, params: Box::default(), info: Box::default() };
        // Else it writes to standard error, which belongs to the program.
        let mut quiet: c_int = 0;
        // SAFETY: the level is an `int`.
        unsafe { raw.set_option(sys::ENCODER_OPTION_TRACE_LEVEL, &mut quiet) }?;
        let defaults = raw.table().GetDefaultParams.ok_or(Code(-1))?;
        // SAFETY: the object lives, and `params` is a valid place to write to.
        check(unsafe { defaults(raw.object, &raw mut *raw.params) })?;
        set(&mut raw.params);
        let initialize = raw.table().InitializeExt.ok_or(Code(-1))?;
        // SAFETY: the library only reads the parameters during the call.
        check(unsafe { initialize(raw.object, &raw const *raw.params) })?;
        Ok(raw)
    }

    /// Encodes one picture. Its NAL units are then in [`Raw::nals`].
    pub fn encode(&mut self, picture: &Picture, millis: i64) -> Result<(), Code> {
        let layout = picture.layout();
        let plane = |plane| picture.plane(plane).as_ptr().cast_mut();
        let stride = |plane| layout.stride(plane) as c_int;
        let source = SSourcePicture {
            iColorFormat: sys::videoFormatI420,
            iStride: [stride(Plane::Y), stride(Plane::U), stride(Plane::V), 0],
            pData: [plane(Plane::Y), plane(Plane::U), plane(Plane::V), ptr::null_mut()],
            iPicWidth: layout.width as c_int,
            iPicHeight: layout.height as c_int,
            uiTimeStamp: millis,
            bPsnrY: false,
            bPsnrU: false,
            bPsnrV: false,
        };
        let encode = self.table().EncodeFrame.ok_or(Code(-1))?;
        // SAFETY: the planes are as large as the strides and the size say, for
        // `Picture` keeps that; the library copies them and never writes there.
        check(unsafe { encode(self.object, &raw const source, &raw mut *self.info) })
    }

    /// The NAL units of the last picture, without start codes. None after a
    /// frame that the encoder skipped.
    pub fn nals(&self) -> impl Iterator<Item = &[u8]> {
        let layers = usize::try_from(self.info.iLayerNum).unwrap_or(0);
        self.info.sLayerInfo.iter().take(layers).flat_map(layer_nals)
    }

    /// Whether the last picture became an IDR picture.
    pub fn is_idr(&self) -> bool {
        self.info.eFrameType == sys::videoFrameTypeIDR
    }

    /// Makes the next picture an IDR picture.
    pub fn force_idr(&mut self) -> Result<(), Code> {
        let force = self.table().ForceIntraFrame.ok_or(Code(-1))?;
        // SAFETY: the object lives. The library's own declaration has a third
        // argument, a layer, which it looks at only with more than one layer.
        check(unsafe { force(self.object, true) })
    }

    /// Changes the quantiser of the pictures to come.
    pub fn set_qp(&mut self, qp: u8) -> Result<(), Code> {
        self.params.sSpatialLayers[0].iDLayerQp = c_int::from(qp);
        self.apply()
    }

    /// Divides the pictures to come among so many threads, in as many slices. The
    /// library starts anew, with an IDR picture and the same parameter sets. It
    /// must not find the number too large for the picture, or it starts anew each
    /// time that anything is set.
    pub fn set_threads(&mut self, threads: u8) -> Result<(), Code> {
        let mode = if threads > 1 { sys::SM_FIXEDSLCNUM_SLICE } else { sys::SM_SINGLE_SLICE };
        let slices = &mut self.params.sSpatialLayers[0].sSliceArgument;
        (slices.uiSliceMode, slices.uiSliceNum) = (mode, threads.into());
        self.params.iMultipleThreadIdc = threads.into();
        self.apply()
    }

    /// Hands over the parameters that changed. Neither quantiser nor complexity
    /// makes the library start anew, and nothing makes it write other parameter
    /// sets.
    fn apply(&mut self) -> Result<(), Code> {
        // Starting anew, the library lets go of what it lent.
        self.info.iLayerNum = 0;
        let mut params = *self.params;
        // SAFETY: what this option reads is named after it.
        unsafe { self.set_option(sys::ENCODER_OPTION_SVC_ENCODE_PARAM_EXT, &mut params) }
    }

    /// Changes the effort of the pictures to come: one of the library's three
    /// complexity modes.
    pub fn set_complexity(&mut self, mode: sys::ECOMPLEXITY_MODE) -> Result<(), Code> {
        self.params.iComplexityMode = mode;
        self.apply()
    }

    /// Sets one option.
    ///
    /// # Safety
    ///
    /// `T` is the type that the library reads for it.
    unsafe fn set_option<T>(
        &mut self,
        option: sys::ENCODER_OPTION,
        value: &mut T,
    ) -> Result<(), Code> {
        let set = self.table().SetOption.ok_or(Code(-1))?;
        // SAFETY: the object lives, the caller vouches for the type, and the library
        // copies the value during the call.
        check(unsafe { set(self.object, option, ptr::from_mut(value).cast::<c_void>()) })
    }

    fn table(&self) -> &ISVCEncoderVtbl {
        // SAFETY: a live encoder object begins with the pointer to its table of
        // functions, which is static.
        unsafe { &**self.object }
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // SAFETY: the object is ours and is not used again; the library allows
        // both calls on an object whose initialisation failed.
        unsafe {
            if let Some(uninitialize) = self.table().Uninitialize {
                uninitialize(self.object);
            }
            DynamicAPI::from_source().WelsDestroySVCEncoder(self.object);
        }
    }
}

fn check(code: c_int) -> Result<(), Code> {
    if code == 0 { Ok(()) } else { Err(Code(code)) }
}

/// The NAL units of one layer, each without its start code.
fn layer_nals(layer: &SLayerBSInfo) -> impl Iterator<Item = &[u8]> {
    let count = usize::try_from(layer.iNalCount).unwrap_or(0);
    let mut offset = 0;
    (0..count).filter_map(move |n| {
        // SAFETY: after a successful call the library guarantees `iNalCount`
        // lengths, and that many bytes one after the other in the buffer; both
        // stay as they are until the next call, which needs `&mut Raw`.
        let nal = unsafe {
            let len = usize::try_from(*layer.pNalLengthInByte.add(n)).unwrap_or(0);
            let nal = std::slice::from_raw_parts(layer.pBsBuf.add(offset), len);
            offset += len;
            nal
        };
        strip_start_code(nal)
    })
}

/// What follows `00 00 01` or `00 00 00 01` (H.264 Annex B); `None` if nothing.
fn strip_start_code(nal: &[u8]) -> Option<&[u8]> {
    let zeros = nal.iter().take_while(|byte| **byte == 0).count();
    let unit = nal.get(zeros..)?.strip_prefix(&[1])?;
    (zeros >= 2 && !unit.is_empty()).then_some(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_codes_of_both_lengths_are_stripped() {
        assert_eq!(strip_start_code(&[0, 0, 1, 0x67, 5]), Some(&[0x67, 5][..]));
        assert_eq!(strip_start_code(&[0, 0, 0, 1, 0x68]), Some(&[0x68][..]));
        assert_eq!(strip_start_code(&[0, 0, 0, 1]), None);
        assert_eq!(strip_start_code(&[0, 1, 9]), None);
        assert_eq!(strip_start_code(&[]), None);
    }

    #[test]
    fn impossible_parameters_are_an_error() {
        assert!(Raw::new(|params| params.iSpatialLayerNum = 9).is_err());
    }
}
