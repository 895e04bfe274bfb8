//! Rows as bytes, in the server's own plain format (`RowBinary`): numbers little-endian, texts with
//! their length before them, nothing between.

/// Writes rows.
#[derive(Debug, Default)]
pub struct Writer(pub Vec<u8>);

impl Writer {
    /// A byte.
    pub fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    /// A number of so many bytes, little-endian.
    pub fn number<const N: usize>(&mut self, bytes: [u8; N]) {
        self.0.extend(bytes);
    }

    /// How many of something follow.
    fn length(&mut self, mut length: usize) {
        while length >= 0x80 {
            self.0.push(length as u8 | 0x80);
            length >>= 7;
        }
        self.0.push(length as u8);
    }

    /// Bytes with their length before them.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.length(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    /// A list of texts.
    pub fn texts<T: AsRef<[u8]>>(&mut self, texts: impl ExactSizeIterator<Item = T>) {
        self.length(texts.len());
        texts.for_each(|text| self.bytes(text.as_ref()));
    }
}

/// The bytes are not the rows that they were to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an answer ends too early or is not what was asked for")]
pub struct Malformed;

/// Reads rows.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Reads these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether all is read.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        self.take(N)?.try_into().map_err(|_| Malformed)
    }

    /// A byte.
    pub fn byte(&mut self) -> Result<u8, Malformed> {
        Ok(self.array::<1>()?[0])
    }

    /// `UInt16`.
    pub fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_le_bytes)
    }

    /// `UInt32`.
    pub fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_le_bytes)
    }

    /// `UInt64`.
    pub fn u64(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_le_bytes)
    }

    /// `Int64`.
    pub fn i64(&mut self) -> Result<i64, Malformed> {
        self.array().map(i64::from_le_bytes)
    }

    fn length(&mut self) -> Result<usize, Malformed> {
        let (mut length, mut shift) = (0usize, 0);
        loop {
            let byte = self.byte()?;
            if shift > 56 {
                return Err(Malformed);
            }
            length |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(length);
            }
            shift += 7;
        }
    }

    /// Bytes with their length before them.
    pub fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.length()?;
        self.take(length)
    }

    /// A list of texts, as bytes.
    pub fn texts(&mut self) -> Result<Vec<&'a [u8]>, Malformed> {
        let count = self.length()?;
        // Not more room than there can be texts.
        let mut texts = Vec::with_capacity(count.min(self.0.len()));
        for _ in 0..count {
            texts.push(self.bytes()?);
        }
        Ok(texts)
    }

    /// The same, as text.
    pub fn text(&mut self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Malformed)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(texts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..5), number: i64) {
            let mut writer = Writer::default();
            writer.number(number.to_le_bytes());
            for text in &texts {
                writer.bytes(text);
            }
            let mut reader = Reader::new(&writer.0);
            prop_assert_eq!(reader.i64(), Ok(number));
            for text in &texts {
                prop_assert_eq!(reader.bytes(), Ok(&**text));
            }
            prop_assert!(reader.is_empty());
            prop_assert_eq!(reader.byte(), Err(Malformed));
        }

        #[test]
        fn whatever_comes_is_read_without_breaking(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let mut reader = Reader::new(&bytes);
            while reader.text().is_ok() && !reader.is_empty() {}
        }
    }
}
