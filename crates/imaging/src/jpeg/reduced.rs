//! Decodes a JPEG straight to reduced planes.

use super::channel::{Channel, Layout};
use super::frame::Frame;
use super::plane::Plane;
use super::{baseline, progressive};

/// Decodes to one plane with filled margins for each component, whose layouts are given;
/// none if the data are anything but whole. `proceed` is asked now and then, and may end the
/// work.
pub(super) fn decode(
    frame: &Frame<'_>,
    layouts: &[Layout],
    proceed: &dyn Fn() -> bool,
) -> Option<Vec<Plane>> {
    let components = frame.components.iter().zip(layouts);
    let mut channels: Vec<Channel> =
        components.map(|(component, layout)| Channel::new(frame, component, layout)).collect();
    if frame.is_progressive {
        progressive::read(frame, &mut channels, proceed)?;
    } else {
        baseline::read(frame, &mut channels, proceed)?;
    }
    Some(channels.into_iter().map(Channel::finish).collect())
}
