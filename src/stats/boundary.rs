//! The boundary of a test that is made again and again while values arrive.

use std::f64::consts::PI;

use super::student::student_t_quantile;

/// The width of the cells that paths are sorted into.
const WIDTH: f64 = 0.01;

/// Paths beyond are too rare to matter.
const FARTHEST: f64 = 10.0;

/// The number of angles by which the next value rotates a path.
const ROTATIONS: usize = 200;

/// Critical values of |t| such that a path of Student's t over independent normal values of mean
/// zero leaves at each look with a given probability.
///
/// With S the sum of the first n values and V the sum of their squares, r = S/√V determines t =
/// r·√((n − 1)/(n − r²)). The direction of the vector of values is uniform on the sphere, so r/√n
/// is the sine of an angle whose density is proportional to cosⁿ⁻². The next value rotates the path
/// by an independent angle ψ of density proportional to cosⁿ⁻¹ψ: r′ = r·cos ψ + sin ψ. The
/// distribution of the paths that have not left is followed in cells of |r|.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Boundary {
    /// The number of values at the last look; 0 before the first.
    values: usize,
    /// The probability to have left by the last look.
    left: f64,
    /// The probability of each cell among the paths that have not left.
    cells: Vec<f64>,
}

impl Boundary {
    /// The boundary before the first look.
    pub const START: Self = Self { values: 0, left: 0.0, cells: Vec::new() };

    /// Returns the critical value of |t| at a look after `values` values such that a path has left
    /// by then with probability `error`. Looks must come in the order of their values, which must
    /// be four at least.
    pub fn critical(&mut self, values: usize, error: f64) -> f64 {
        // A look that follows too soon may find nothing to spend.
        let to_spend = (error - self.left).max(1e-12);
        let is_first = self.values == 0;
        if is_first {
            self.start(values);
        }
        while self.values < values {
            self.advance();
        }
        let (n, freedom) = (values as f64, (values - 1) as f64);
        let (t, end) = if is_first {
            let t = student_t_quantile(1.0 - to_spend / 2.0, freedom);
            (t, t * (n / (freedom + t * t)).sqrt())
        } else {
            let end = self.end_beyond(to_spend).min(n.sqrt() * (1.0 - 1e-9));
            (end * (freedom / (n - end * end)).sqrt(), end)
        };
        self.drop_beyond(end);
        self.left += to_spend;
        t
    }

    fn start(&mut self, values: usize) {
        let n = values as f64;
        let cells = (FARTHEST.min(n.sqrt()) / WIDTH).ceil() as usize;
        let density = |cell| (1.0 - middle(cell).powi(2) / n).max(0.0).powf((n - 3.0) / 2.0);
        self.cells = (0..cells).map(density).collect();
        let all: f64 = self.cells.iter().sum();
        self.cells.iter_mut().for_each(|share| *share /= all);
        self.values = values;
    }

    /// Adds a value to every path.
    fn advance(&mut self) {
        let rotations = rotations(self.values);
        self.values += 1;
        let cells = (FARTHEST.min((self.values as f64).sqrt()) / WIDTH).ceil() as usize;
        let mut next = vec![0.0; cells];
        for (cell, share) in self.cells.iter().enumerate().filter(|(_, share)| **share > 0.0) {
            for rotation in &rotations {
                let end = middle(cell) * rotation.cosine + rotation.sine;
                add_at(&mut next, end.abs(), share * rotation.share);
            }
        }
        self.cells = next;
    }

    /// Returns the end beyond which the paths have a probability of `share`.
    fn end_beyond(&self, share: f64) -> f64 {
        let mut beyond = 0.0;
        for (cell, of_cell) in self.cells.iter().enumerate().rev() {
            if beyond + of_cell >= share {
                return (cell as f64 + 1.0 - (share - beyond) / of_cell) * WIDTH;
            }
            beyond += of_cell;
        }
        0.0
    }

    /// Takes away the paths beyond an end.
    fn drop_beyond(&mut self, end: f64) {
        let position = end / WIDTH;
        for (cell, share) in self.cells.iter_mut().enumerate() {
            *share *= (position - cell as f64).clamp(0.0, 1.0);
        }
    }
}

/// An angle ψ by which a value may rotate a path.
struct Rotation {
    sine: f64,
    cosine: f64,
    share: f64,
}

/// Returns the angles by which the value after `values` others rotates a path, with their
/// probabilities.
fn rotations(values: usize) -> Vec<Rotation> {
    let angles =
        (0..ROTATIONS).map(|rotation| ((rotation as f64 + 0.5) / ROTATIONS as f64 - 0.5) * PI);
    let mut rotations: Vec<Rotation> = angles
        .map(|angle| Rotation {
            sine: angle.sin(),
            cosine: angle.cos(),
            share: angle.cos().powi(values as i32 - 1),
        })
        .filter(|rotation| rotation.share > 0.0)
        .collect();
    let all: f64 = rotations.iter().map(|rotation| rotation.share).sum();
    rotations.iter_mut().for_each(|rotation| rotation.share /= all);
    rotations
}

fn middle(cell: usize) -> f64 {
    (cell as f64 + 0.5) * WIDTH
}

/// Adds a probability at a positive end: to the two cells whose middles are next to it, such that
/// their mean is the end. Below the first middle, the cell before is its mirror image.
fn add_at(cells: &mut [f64], end: f64, share: f64) {
    let position = end / WIDTH - 0.5;
    let last = cells.len() - 1;
    if position <= 0.0 {
        cells[0] += share;
        return;
    }
    let below = (position as usize).min(last);
    let of_above = position.fract();
    cells[below] += share * (1.0 - of_above);
    cells[(below + 1).min(last)] += share * of_above;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::random::{mix, standard_normal};

    #[test]
    fn first_looks_are_student_s() {
        let mut boundary = Boundary::START;
        let critical = boundary.critical(5, 0.05);
        assert!((critical - student_t_quantile(0.975, 4.0)).abs() < 1e-9, "{critical}");
    }

    /// Counts the paths that leave at each look.
    fn leaving(criticals: &[(usize, f64)], paths: u64) -> Vec<f64> {
        let mut left = vec![0_u32; criticals.len()];
        let last = criticals.last().unwrap().0;
        for path in 0..paths {
            let (mut sum, mut squares) = (0.0, 0.0);
            let mut looks = criticals.iter().enumerate();
            let mut look = looks.next().unwrap();
            for value in 1..=last {
                let x = standard_normal(mix(mix(path) ^ value as u64));
                (sum, squares) = (sum + x, squares + x * x);
                if value < look.1.0 {
                    continue;
                }
                let n = value as f64;
                let deviation = ((squares - sum * sum / n) / (n - 1.0)).sqrt();
                if (sum / n.sqrt() / deviation).abs() > look.1.1 {
                    left[look.0] += 1;
                    break;
                }
                let Some(next) = looks.next() else { break };
                look = next;
            }
        }
        left.into_iter().map(|count| f64::from(count) / paths as f64).collect()
    }

    #[test]
    fn paths_leave_as_often_as_asked() {
        const PATHS: u64 = 40_000;
        let mut boundary = Boundary::START;
        let looks = [(5, 0.02), (6, 0.03), (9, 0.05), (20, 0.10)];
        let criticals = looks.map(|(values, error)| (values, boundary.critical(values, error)));
        let mut spent = 0.0;
        for (share, (values, error)) in leaving(&criticals, PATHS).into_iter().zip(looks) {
            let expected: f64 = error - spent;
            let deviation = (expected * (1.0 - expected) / PATHS as f64).sqrt();
            assert!(
                (share - expected).abs() < 3.5 * deviation,
                "{share} leave after {values} values, not {expected}: {criticals:?}"
            );
            spent = error;
        }
    }
}
