//! A picture of lines: what is along the bottom on a logarithmic scale, one or two measures of it above each other.

use std::fmt::Write as _;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 200.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 40.0;

/// A measure: its name, and a value for each point.
#[derive(Clone, Debug)]
pub struct Measure<'a> {
    pub name: &'a str,
    pub values: Vec<f64>,
}

/// The picture, as SVG.
pub fn svg(bottom: &str, points: &[f64], measures: &[Measure<'_>]) -> String {
    let height = HEIGHT * measures.len() as f64;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"white\"/>\n"
    );
    for (number, measure) in measures.iter().enumerate() {
        panel(&mut out, number as f64 * HEIGHT, bottom, points, measure);
    }
    out + "</svg>\n"
}

fn panel(out: &mut String, top: f64, bottom: &str, points: &[f64], measure: &Measure<'_>) {
    let (first, last) = (points[0].log10(), points[points.len() - 1].log10());
    let largest = nice(measure.values.iter().copied().fold(0.0, f64::max));
    let x = |value: f64| LEFT + (value.log10() - first) / (last - first).max(1e-9) * (WIDTH - LEFT - RIGHT);
    let y = |value: f64| top + HEIGHT - BOTTOM - value / largest * (HEIGHT - TOP - BOTTOM);
    let _ = writeln!(
        out,
        "<text x=\"{LEFT}\" y=\"{:.0}\" font-weight=\"bold\">{}</text>",
        top + 20.0,
        measure.name
    );
    for part in 0..=4 {
        let value = largest * f64::from(part) / 4.0;
        let at = y(value);
        let _ = writeln!(
            out,
            "<line x1=\"{LEFT}\" x2=\"{:.0}\" y1=\"{at:.1}\" y2=\"{at:.1}\" stroke=\"#ddd\"/>\
             <text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#555\">{}</text>",
            WIDTH - RIGHT,
            LEFT - 8.0,
            at + 4.0,
            short(value)
        );
    }
    for point in points {
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.0}\" text-anchor=\"middle\" fill=\"#555\">{}</text>",
            x(*point),
            top + HEIGHT - BOTTOM + 16.0,
            short(*point)
        );
    }
    let _ = writeln!(
        out,
        "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"middle\">{bottom}</text>",
        (LEFT + WIDTH - RIGHT) / 2.0,
        top + HEIGHT - 8.0
    );
    let line: Vec<String> =
        points.iter().zip(&measure.values).map(|(p, v)| format!("{:.1},{:.1}", x(*p), y(*v))).collect();
    let _ = writeln!(
        out,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"#1f5f99\" stroke-width=\"2\"/>",
        line.join(" ")
    );
    for (point, value) in points.iter().zip(&measure.values) {
        let _ = writeln!(
            out,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"#1f5f99\"/>",
            x(*point),
            y(*value)
        );
    }
}

/// The next of 1, 2 and 5 times a power of ten.
fn nice(value: f64) -> f64 {
    let power = 10f64.powf(value.max(1e-9).log10().floor());
    [1.0, 2.0, 5.0, 10.0].map(|n| n * power).into_iter().find(|n| *n >= value).unwrap_or(value)
}

fn short(value: f64) -> String {
    match value {
        v if v >= 1e9 => format!("{} G", v / 1e9),
        v if v >= 1e6 => format!("{} M", v / 1e6),
        v if v >= 1e3 => format!("{} k", v / 1e3),
        v => format!("{}", (v * 1000.0).round() / 1000.0),
    }
}
