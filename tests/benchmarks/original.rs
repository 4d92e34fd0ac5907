//! What engine.py compares with: `original-mnist` in plain Rust, one example at a time, in f32 as ours.
//!
//! Arguments: a file of 1,000 images (784 bytes each) followed by their 1,000 labels (a byte each), and the number
//! of steps. Prints the seconds that the steps took and the mean loss of the last 1,000.

use std::time::Instant;

const RATE: f32 = 0.1;
const SIZES: [usize; 4] = [784, 100, 50, 10];
const EXAMPLES: usize = 1000;

/// A small generator (Marsaglia 2003, xorshift); the first weights need no better one.
struct Draws(u64);

impl Draws {
    fn uniform(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1u64 << 24) as f32 - 0.5
    }
}

struct Dense {
    weights: Vec<f32>,
    bias: Vec<f32>,
    inputs: Vec<f32>,
    outputs: Vec<f32>,
}

impl Dense {
    fn new(inputs: usize, outputs: usize, draws: &mut Draws) -> Dense {
        Dense {
            weights: (0..inputs * outputs).map(|_| draws.uniform()).collect(),
            bias: (0..outputs).map(|_| draws.uniform()).collect(),
            inputs: vec![0.0; inputs],
            outputs: vec![0.0; outputs],
        }
    }

    /// tanh(W x + b)
    fn forward(&mut self, inputs: &[f32]) {
        self.inputs.copy_from_slice(inputs);
        for (row, weights) in self.weights.chunks_exact(inputs.len()).enumerate() {
            let sum: f32 = weights.iter().zip(inputs).map(|(w, x)| w * x).sum();
            self.outputs[row] = (sum + self.bias[row]).tanh();
        }
    }

    /// The gradient to the inputs; the weights follow theirs at once.
    fn backward(&mut self, gradient: &[f32]) -> Vec<f32> {
        let mut input_gradient = vec![0.0; self.inputs.len()];
        for (row, weights) in self.weights.chunks_exact_mut(self.inputs.len()).enumerate() {
            let slope = gradient[row] * (1.0 - self.outputs[row] * self.outputs[row]);
            for ((w, x), g) in weights.iter_mut().zip(&self.inputs).zip(&mut input_gradient) {
                *g += *w * slope;
                *w -= RATE * slope * x;
            }
            self.bias[row] -= RATE * slope;
        }
        input_gradient
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let bytes = std::fs::read(&arguments[1]).expect("the file of images cannot be read");
    let steps: usize = arguments[2].parse().expect("the number of steps is no number");
    let images: Vec<f32> = bytes[..EXAMPLES * SIZES[0]].iter().map(|&b| f32::from(b) / 255.0).collect();
    let labels = &bytes[EXAMPLES * SIZES[0]..];
    let mut draws = Draws(88_172_645_463_325_252);
    let mut layers: Vec<Dense> = SIZES.windows(2).map(|s| Dense::new(s[0], s[1], &mut draws)).collect();
    let mut losses = Vec::with_capacity(steps);
    let started = Instant::now();
    for step in 0..steps {
        let place = step % EXAMPLES;
        let mut values = images[place * SIZES[0]..(place + 1) * SIZES[0]].to_vec();
        for layer in &mut layers {
            layer.forward(&values);
            values.clone_from(&layer.outputs);
        }
        let count = values.len() as f32;
        let differences: Vec<f32> =
            values.iter().enumerate().map(|(i, p)| p - f32::from(u8::from(usize::from(labels[place]) == i))).collect();
        losses.push(differences.iter().map(|d| d * d).sum::<f32>() / count);
        let mut gradient: Vec<f32> = differences.iter().map(|d| 2.0 * d / count).collect();
        for layer in layers.iter_mut().rev() {
            gradient = layer.backward(&gradient);
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    let last = &losses[losses.len().saturating_sub(EXAMPLES)..];
    println!("{seconds} {}", last.iter().sum::<f32>() / last.len() as f32);
}
