//! Writes small images to begin with: `seeds FOLDER` makes a folder for each target.

use std::fs;
use std::path::Path;

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use testkit::images;

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).expect("a folder");
    let folder = Path::new(&folder);
    let mut images = vec![
        ("png", images::png(40, 30)),
        ("alpha.png", images::png_with_alpha(40, 30)),
        ("jpeg", images::jpeg(200, 170)),
        ("turned.jpeg", images::jpeg_with_orientation(40, 30, 6)),
    ];
    let pixels = images::picture(200, 170).into_raw();
    for (name, sampling, progressive, restart) in [
        ("420.jpeg", SamplingFactor::F_2_2, false, 0),
        ("422.jpeg", SamplingFactor::F_2_1, false, 5),
        ("444.jpeg", SamplingFactor::F_1_1, false, 0),
        ("progressive.jpeg", SamplingFactor::F_2_2, true, 0),
    ] {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, 60);
        encoder.set_sampling_factor(sampling);
        encoder.set_progressive(progressive);
        if restart > 0 {
            encoder.set_restart_interval(restart);
        }
        encoder.encode(&pixels, 200, 170, ColorType::Rgb).expect("a JPEG");
        images.push((name, bytes));
    }
    for target in ["probe", "blur", "shrink", "derive"] {
        fs::create_dir_all(folder.join(target))?;
    }
    for (name, bytes) in &images {
        fs::write(folder.join("probe").join(name), bytes)?;
        for choice in 0..5 {
            let input = [&[choice], bytes.as_slice()].concat();
            for target in ["blur", "shrink"] {
                fs::write(folder.join(target).join(format!("{choice}-{name}")), &input)?;
            }
        }
        for (index, query) in
            ["w=20", "blur=3&f=png", "crop=3,3,9,9&f=webp", "rotate=90&sharpen=1&f=jpeg"].iter().enumerate()
        {
            let input = [query.as_bytes(), b"\n", bytes].concat();
            fs::write(folder.join("derive").join(format!("{index}-{name}")), input)?;
        }
    }
    Ok(())
}
