//! Mapped buffers that a V4L2 driver fills.
//!
//! Not the crate's stream: that one panics when a device can't be stopped any
//! more, and its buffers then do once more, which ends the program.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use v4l::device::{Device, Handle};
use v4l::v4l_sys::{v4l2_buffer, v4l2_requestbuffers};
use v4l::v4l2::{self, vidioc};

use super::ioctl::{self, VIDEO_CAPTURE, zeroed};

/// `V4L2_MEMORY_MMAP`.
const MAPPED: u32 = 1;
/// `V4L2_BUF_FLAG_ERROR`.
const DAMAGED: u32 = 0x40;
/// `V4L2_BUF_FLAG_TIMESTAMP_MASK` and, of it, `V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC`.
const CLOCK: u32 = 0xe000;
const MONOTONIC: u32 = 0x2000;

/// A device that streams into buffers of ours.
pub(super) struct Stream {
    handle: Arc<Handle>,
    buffers: Vec<Mapped>,
}

/// A buffer that the driver filled, and is ours until it is given back.
#[derive(Debug)]
pub(super) struct Filled {
    index: u32,
    bytes: usize,
    /// Which picture it is since the stream began, with those that were lost.
    pub sequence: u32,
    /// Whether the driver says that it is damaged, or it holds nothing.
    pub is_damaged: bool,
    /// When it was taken, in µs of the system's monotonic clock, if the driver
    /// says that.
    pub taken: Option<i64>,
}

impl Stream {
    /// Starts a stream into so many buffers, or as many as the driver likes.
    pub fn start(device: &Device, buffers: u32) -> io::Result<Self> {
        let mut stream = Self { handle: device.handle(), buffers: Vec::new() };
        let given = stream.request(buffers)?;
        for index in 0..given {
            let mut buffer = description(index);
            ioctl::call(&stream.handle, vidioc::VIDIOC_QUERYBUF, &mut buffer)?;
            stream.buffers.push(Mapped::new(&stream.handle, &buffer)?);
        }
        for index in 0..given {
            stream.queue(index)?;
        }
        stream.switch(vidioc::VIDIOC_STREAMON)?;
        Ok(stream)
    }

    /// Whether a picture is waiting, or comes within `timeout`.
    pub fn wait(&self, timeout: Duration) -> io::Result<bool> {
        let millis = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
        match self.handle.poll(libc::POLLIN, millis) {
            Ok(ready) => Ok(ready > 0),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Takes the oldest picture that is waiting; `None`: there is none after all.
    pub fn take(&mut self) -> io::Result<Option<Filled>> {
        let mut buffer = description(0);
        match ioctl::call(&self.handle, vidioc::VIDIOC_DQBUF, &mut buffer) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(error),
        }
        let (stamp, clock) = (buffer.timestamp, buffer.flags & CLOCK);
        Ok(Some(Filled {
            index: buffer.index,
            bytes: buffer.bytesused as usize,
            sequence: buffer.sequence,
            is_damaged: buffer.flags & DAMAGED != 0 || buffer.bytesused == 0,
            taken: (clock == MONOTONIC).then(|| stamp.tv_sec * 1_000_000 + stamp.tv_usec),
        }))
    }

    /// The bytes of a picture.
    pub fn bytes(&self, filled: &Filled) -> &[u8] {
        let all = self.buffers.get(filled.index as usize).map_or(&[][..], Mapped::bytes);
        &all[..all.len().min(filled.bytes)]
    }

    /// Gives a buffer back to the driver.
    pub fn give_back(&mut self, filled: Filled) -> io::Result<()> {
        self.queue(filled.index)
    }

    fn queue(&mut self, index: u32) -> io::Result<()> {
        ioctl::call(&self.handle, vidioc::VIDIOC_QBUF, &mut description(index))
    }

    fn switch(&self, request: vidioc::_IOC_TYPE) -> io::Result<()> {
        let mut kind = VIDEO_CAPTURE;
        ioctl::call(&self.handle, request, &mut kind)
    }

    fn request(&mut self, count: u32) -> io::Result<u32> {
        let mut request: v4l2_requestbuffers = zeroed();
        (request.count, request.type_, request.memory) = (count, VIDEO_CAPTURE, MAPPED);
        ioctl::call(&self.handle, vidioc::VIDIOC_REQBUFS, &mut request)?;
        Ok(request.count)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // A device that is gone can't be stopped any more, and need not be.
        let stopped = self.switch(vidioc::VIDIOC_STREAMOFF);
        self.buffers.clear();
        if let Err(error) = stopped.and_then(|()| self.request(0)) {
            tracing::debug!(%error, "stopping a camera");
        }
    }
}

fn description(index: u32) -> v4l2_buffer {
    let mut buffer: v4l2_buffer = zeroed();
    (buffer.index, buffer.type_, buffer.memory) = (index, VIDEO_CAPTURE, MAPPED);
    buffer
}

/// A buffer of the driver's in our memory.
struct Mapped {
    at: *mut u8,
    len: usize,
}

impl Mapped {
    fn new(handle: &Handle, buffer: &v4l2_buffer) -> io::Result<Self> {
        let len = buffer.length as usize;
        // SAFETY: a new mapping, wherever the kernel likes; both readings of the
        // union are integers.
        let at = unsafe {
            let (access, offset) = (libc::PROT_READ | libc::PROT_WRITE, buffer.m.offset);
            let nowhere = std::ptr::null_mut();
            v4l2::mmap(nowhere, len, access, libc::MAP_SHARED, handle.fd(), offset.into())?
        };
        Ok(Self { at: at.cast(), len })
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: the mapping is that long and stays until this is dropped. The
        // driver leaves a buffer alone that it gave to us.
        unsafe { std::slice::from_raw_parts(self.at, self.len) }
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        // SAFETY: nobody has its bytes any more.
        let _ = unsafe { v4l2::munmap(self.at.cast(), self.len) };
    }
}
