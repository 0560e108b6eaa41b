//! Every choice of a small world, one after the other.
//!
//! ```
//! use poolsim_tests::exhaustive::Choices;
//!
//! let mut choices = Choices::default();
//! let mut words = Vec::new();
//! while choices.another() {
//!     let length = choices.up_to(2);
//!     words.push((0..length).map(|_| ['a', 'b'][choices.up_to(1)]).collect::<String>());
//! }
//! assert_eq!(words, ["", "a", "b", "aa", "ab", "ba", "bb"]);
//! ```
//!
//! The choices made are the digits of a number that counts up; how many digits there are, and how far each goes, is
//! decided by the program that asks. After TigerBeetle's `exhaustigen`.

/// See the [module](self).
#[derive(Debug, Default)]
pub struct Choices {
    /// What was chosen, and the most that could be.
    digits: Vec<(usize, usize)>,
    asked: usize,
    begun: bool,
}

impl Choices {
    /// Begins another round; false once every combination has been had.
    pub fn another(&mut self) -> bool {
        self.digits.truncate(self.asked);
        self.asked = 0;
        if !std::mem::replace(&mut self.begun, true) {
            return true;
        }
        while let Some((chosen, most)) = self.digits.pop() {
            if chosen < most {
                self.digits.push((chosen + 1, most));
                return true;
            }
        }
        false
    }

    /// A number from 0 to `most`.
    pub fn up_to(&mut self, most: usize) -> usize {
        if self.asked == self.digits.len() {
            self.digits.push((0, most));
        }
        self.asked += 1;
        self.digits[self.asked - 1].0
    }

    /// One of some things.
    pub fn one_of<T: Copy>(&mut self, things: &[T]) -> T {
        things[self.up_to(things.len() - 1)]
    }
}
