//! A column of numbers, as narrow as they allow.

/// Numbers of one row each. A column of one value takes no room for each row; one whose values fit 32 bits, 4 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compact {
    /// The same in every row.
    Same {
        /// The value.
        value: u64,
        /// Number of rows.
        rows: usize,
    },
    /// 32 bits a row.
    Narrow(Vec<u32>),
    /// 64 bits a row.
    Wide(Vec<u64>),
}

impl Default for Compact {
    fn default() -> Self {
        Self::Same { value: 0, rows: 0 }
    }
}

impl Compact {
    /// The number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        match self {
            Self::Same { rows, .. } => *rows,
            Self::Narrow(values) => values.len(),
            Self::Wide(values) => values.len(),
        }
    }

    /// The number in a row; 0 behind the last one.
    #[must_use]
    pub fn at(&self, row: usize) -> u64 {
        match self {
            Self::Same { value, rows } => {
                if row < *rows {
                    *value
                } else {
                    0
                }
            }
            Self::Narrow(values) => values.get(row).copied().map_or(0, u64::from),
            Self::Wide(values) => values.get(row).copied().unwrap_or(0),
        }
    }

    /// Adds a row.
    pub fn push(&mut self, number: u64) {
        match self {
            Self::Same { value, rows } if *rows == 0 || *value == number => {
                *value = number;
                *rows += 1;
                return;
            }
            Self::Narrow(values) => {
                if let Ok(narrow) = u32::try_from(number) {
                    values.push(narrow);
                    return;
                }
            }
            Self::Wide(values) => {
                values.push(number);
                return;
            }
            Self::Same { .. } => {}
        }
        self.widen(number);
        self.push(number);
    }

    /// Adds rows of 0 up to `rows` rows.
    pub fn pad(&mut self, rows: usize) {
        while self.rows() < rows {
            self.push(0);
        }
    }

    /// Gives back the room that was reserved for more rows.
    pub fn shrink(&mut self) {
        match self {
            Self::Same { .. } => {}
            Self::Narrow(values) => values.shrink_to_fit(),
            Self::Wide(values) => values.shrink_to_fit(),
        }
    }

    /// Bytes on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        match self {
            Self::Same { .. } => 0,
            Self::Narrow(values) => values.capacity() * size_of::<u32>(),
            Self::Wide(values) => values.capacity() * size_of::<u64>(),
        }
    }

    /// Makes room for the rows that are there and for `number`.
    fn widen(&mut self, number: u64) {
        let rows = self.rows();
        let narrow = |value: u64| u32::try_from(value).ok();
        *self = match (&*self, narrow(number)) {
            (Self::Same { value, .. }, Some(_)) if narrow(*value).is_some() => {
                Self::Narrow(vec![narrow(*value).unwrap_or_default(); rows])
            }
            _ => Self::Wide((0..rows).map(|row| self.at(row)).collect()),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(numbers: &[u64]) -> Compact {
        let mut column = Compact::default();
        numbers.iter().for_each(|&number| column.push(number));
        column
    }

    #[test]
    fn a_column_keeps_its_numbers_as_it_widens() {
        const BIG: u64 = u64::MAX;
        for numbers in
            [&[][..], &[7, 7, 7], &[7, 7, 8], &[BIG, BIG], &[0, 0, BIG], &[1, 2, BIG, 3], &[BIG, 1, BIG]]
        {
            let column = column(numbers);
            assert_eq!(column.rows(), numbers.len());
            let kept: Vec<u64> = (0..numbers.len()).map(|row| column.at(row)).collect();
            assert_eq!(kept, numbers);
            assert_eq!(column.at(numbers.len()), 0);
        }
    }

    #[test]
    fn a_column_takes_what_its_numbers_need() {
        assert_eq!(column(&[9; 1000]).heap_bytes(), 0);
        for (numbers, bytes) in [(vec![1, 2, 3], 12), (vec![1, 2, 1 << 40], 24)] {
            let mut column = column(&numbers);
            column.shrink();
            assert_eq!(column.heap_bytes(), bytes);
        }
        let mut padded = column(&[5]);
        padded.pad(3);
        assert_eq!(padded, Compact::Narrow(vec![5, 0, 0]));
    }
}
