//! Logistic regression by gradient descent: the loop around the pipeline is ordinary Rust, and each turn is a run
//! over the points, with the weights of the turn before it.
//!
//! ```text
//! … -- logistic_regression [STEPS [FILE]]        by default 50 steps over examples/data/points.csv
//! ```
//!
//! A line of the file is `label,x,y`, with 0 or 1 as the label. The weights are captured: the pipeline borrows them, and
//! is gone when the next turn changes them.

use std::path::Path;

use millstream::prelude::*;
use millstream::{BoxError, Trigger};

use crate::{Example, data};

pub const EXAMPLE: Example = Example {
    name: "logistic_regression",
    about: "[STEPS [FILE]]: a line between two kinds of points, by gradient descent",
    plan: Some(|| gradient(&[0.0; 3], Path::new("examples/data/points.csv"), drop).plan()),
    run,
};

/// Of 1, x and y.
type Weights = [f64; 3];

struct Point {
    label: f64,
    features: Weights,
}

fn parse(line: &str) -> Option<Point> {
    let mut fields = line.split(',').map(|field| field.trim().parse::<f64>());
    let mut next = || fields.next()?.ok();
    Some(Point { label: next()?, features: [1.0, next()?, next()?] })
}

/// How likely a point has label 1.
fn likelihood(weights: &Weights, features: &Weights) -> f64 {
    let z: f64 = weights.iter().zip(features).map(|(w, x)| w * x).sum();
    1.0 / (1.0 + (-z).exp())
}

fn add(a: Weights, b: Weights) -> Weights {
    std::array::from_fn(|i| a[i] + b[i])
}

/// One step: the sum of all points' gradients, and their number.
fn gradient<'a>(
    weights: &'a Weights,
    file: &Path,
    result: impl FnMut((Weights, u64)) + Send + 'a,
) -> Pipeline<'a> {
    stream!(move {
        let points = source(text_files(file)).filter_map(parse);
        let gradients = points.map(|p| {
            let error = likelihood(weights, &p.features) - p.label;
            (p.features.map(|x| error * x), 1u64)
        });
        gradients.reduce(|a, b| (add(a.0, b.0), a.1 + b.1)).for_each(result);
    })
    .named("Gradient")
}

/// The weights after so many steps, and what each of them was about to change.
pub fn train(engine: &Engine, file: &Path, steps: usize) -> millstream::Result<Weights> {
    let mut weights = [0.0; 3];
    for _ in 0..steps {
        let (mut sum, mut points) = ([0.0; 3], 0);
        engine.run(gradient(&weights, file, |(g, n)| {
            sum = add(sum, g);
            points += n;
        }))?;
        let rate = 4.0 / points.max(1) as f64;
        weights = add(weights, sum.map(|g| -rate * g));
    }
    Ok(weights)
}

fn run(arguments: &[String]) -> Result<(), BoxError> {
    let steps = arguments.first().map_or(Ok(50), |n| n.parse())?;
    let file = arguments.get(1).map_or_else(|| data("points.csv"), Into::into);
    let [bias, x, y] = train(&Engine::local().trigger(Trigger::AvailableNow), &file, steps)?;
    println!("label 1 is where {bias:.3} + {x:.3} x + {y:.3} y > 0");
    Ok(())
}

#[test]
fn the_line_is_found_that_the_points_were_made_with() {
    let file = data("points.csv");
    let weights = train(&Engine::local().trigger(Trigger::AvailableNow), &file, 50).expect("it runs");
    let text = std::fs::read_to_string(&file).expect("it is shipped");
    let points: Vec<Point> = text.lines().filter_map(parse).collect();
    let right =
        points.iter().filter(|p| (likelihood(&weights, &p.features) > 0.5) == (p.label > 0.5)).count();
    assert_eq!(points.len(), 400);
    assert!(right * 100 >= points.len() * 95, "{right} of {} points are on their side", points.len());
    // The points lie around the line x - 2 y + 1 = 0.
    assert!((weights[2] / weights[1] + 2.0).abs() < 0.4, "{weights:?}");
}
