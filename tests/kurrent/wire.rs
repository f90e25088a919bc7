//! The bytes of the server's protocol, as far as the stand-in speaks it: protobuf fields and gRPC frames.
//!
//! Written from the field numbers of the published protocol, apart from the client's own code, so that the
//! stand-in and the client do not share a mistake. A message is a list of (number, value); what is not
//! understood is left out.

/// A field's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Number(u64),
    Bytes(Vec<u8>),
}

/// A message that was received.
#[derive(Clone, Debug, Default)]
pub struct Fields(Vec<(u64, Value)>);

impl Fields {
    pub fn parse(mut bytes: &[u8]) -> Option<Self> {
        let mut fields = Vec::new();
        while !bytes.is_empty() {
            let tag = varint(&mut bytes)?;
            let value = match tag & 7 {
                0 => Value::Number(varint(&mut bytes)?),
                1 => Value::Number(u64::from_le_bytes(cut(&mut bytes, 8)?.try_into().ok()?)),
                2 => {
                    let length = usize::try_from(varint(&mut bytes)?).ok()?;
                    Value::Bytes(cut(&mut bytes, length)?.to_vec())
                }
                _ => return None,
            };
            fields.push((tag >> 3, value));
        }
        Some(Self(fields))
    }

    pub fn number(&self, tag: u64) -> Option<u64> {
        self.0.iter().rev().find_map(|(found, value)| match value {
            Value::Number(number) if *found == tag => Some(*number),
            _ => None,
        })
    }

    pub fn bytes(&self, tag: u64) -> Option<&[u8]> {
        self.all(tag).last()
    }

    pub fn all(&self, tag: u64) -> impl Iterator<Item = &[u8]> {
        self.0.iter().filter_map(move |(found, value)| match value {
            Value::Bytes(bytes) if *found == tag => Some(bytes.as_slice()),
            _ => None,
        })
    }

    pub fn text(&self, tag: u64) -> String {
        String::from_utf8_lossy(self.bytes(tag).unwrap_or_default()).into_owned()
    }

    pub fn message(&self, tag: u64) -> Option<Self> {
        Self::parse(self.bytes(tag)?)
    }

    /// An id, structured (two signed halves) or as text.
    pub fn uuid(&self) -> Option<u128> {
        if let Some(halves) = self.message(1) {
            let half = |tag| u128::from(halves.number(tag).unwrap_or(0));
            return Some(half(1) << 64 | half(2));
        }
        u128::from_str_radix(&self.text(2).replace('-', ""), 16).ok()
    }
}

fn cut<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (head, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(head)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for nth in 0..10 {
        let byte = cut(bytes, 1)?[0];
        value |= u64::from(byte & 0x7f) << (7 * nth);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// A message to be sent.
#[derive(Clone, Debug, Default)]
pub struct Message(Vec<u8>);

impl Message {
    pub fn number(mut self, tag: u64, value: u64) -> Self {
        self.varint(tag << 3);
        self.varint(value);
        self
    }

    pub fn bytes(mut self, tag: u64, value: &[u8]) -> Self {
        self.varint(tag << 3 | 2);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
        self
    }

    pub fn text(self, tag: u64, value: &str) -> Self {
        self.bytes(tag, value.as_bytes())
    }

    pub fn message(self, tag: u64, value: Self) -> Self {
        self.bytes(tag, &value.0)
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    /// The message as one gRPC frame: not compressed, length, bytes.
    pub fn framed(self) -> Vec<u8> {
        let mut frame = vec![0];
        frame.extend((self.0.len() as u32).to_be_bytes());
        frame.extend(self.0);
        frame
    }
}

/// The messages of a request's body.
pub fn unframed(mut body: &[u8]) -> Vec<Fields> {
    let mut messages = Vec::new();
    while let Some(head) = cut(&mut body, 5) {
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let Some(message) = cut(&mut body, length).and_then(Fields::parse) else { break };
        messages.push(message);
    }
    messages
}

#[test]
fn fields_come_back() {
    let inner = Message::default().number(1, u64::MAX).number(2, 7);
    let message = Message::default().message(1, inner).text(2, "a").bytes(3, &[0xff; 300]).number(4, 0);
    let fields = unframed(&message.framed()).remove(0);
    assert_eq!(fields.message(1).unwrap().uuid(), None);
    assert_eq!(fields.uuid(), Some(u128::from(u64::MAX) << 64 | 7));
    assert_eq!((fields.text(2), fields.bytes(3).unwrap().len(), fields.number(4)), ("a".to_owned(), 300, Some(0)));
    assert!(Fields::parse(&[8]).is_none() && Fields::parse(&[10, 5, 1]).is_none());
}
