//! The parts of a TCP segment that its phases follow from.

/// The flags of a TCP header.
const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const ACK: u8 = 16;

/// The number of TCP in an IP header.
const TCP: u8 = 6;

/// A TCP segment over IPv4.
#[derive(Debug)]
pub(super) struct Segment<'a> {
    /// The port of its sender.
    pub from: u16,
    /// The port of its receiver.
    pub to: u16,
    /// The number of its first byte.
    pub number: u32,
    /// The number of the byte that its sender expects next; `None` if it does not say.
    pub acknowledged: Option<u32>,
    flags: u8,
    pub data: &'a [u8],
}

impl<'a> Segment<'a> {
    /// Parses an IP packet; `None` if it is anything else, or a fragment.
    pub fn parse(packet: &'a [u8]) -> Option<Self> {
        let is_tcp = packet.len() >= 20 && packet[0] >> 4 == 4 && packet[9] == TCP;
        if !is_tcp || pair(packet, 6)? & 0x3fff != 0 {
            return None;
        }
        let header = usize::from(packet[0] & 15) * 4;
        let segment = packet.get(header..usize::from(pair(packet, 2)?))?;
        let offset = usize::from(*segment.get(12)? >> 4) * 4;
        let flags = *segment.get(13)?;
        let acknowledged = number(segment, 8)?;
        Some(Self {
            from: pair(segment, 0)?,
            to: pair(segment, 2)?,
            number: number(segment, 4)?,
            acknowledged: (flags & ACK != 0).then_some(acknowledged),
            flags,
            data: segment.get(offset..)?,
        })
    }

    pub fn is_syn(&self) -> bool {
        self.flags & SYN != 0
    }

    pub fn is_reset(&self) -> bool {
        self.flags & RST != 0
    }

    /// Whether its sender sends nothing more.
    pub fn is_end(&self) -> bool {
        self.flags & (FIN | RST) != 0
    }
}

/// Returns the number in two bytes.
fn pair(bytes: &[u8], start: usize) -> Option<u16> {
    let bytes = bytes.get(start..start + 2)?;
    Some(u16::from_be_bytes([bytes[0], bytes[1]]))
}

/// Returns the number in four bytes.
fn number(bytes: &[u8], start: usize) -> Option<u32> {
    Some(u32::from(pair(bytes, start)?) << 16 | u32::from(pair(bytes, start + 2)?))
}

/// Returns a packet with these ports, this number, these flags and this data.
#[cfg(test)]
pub(super) fn test_packet(from: u16, to: u16, number: u32, flags: u8, data: &[u8]) -> Vec<u8> {
    let mut packet = vec![0; 40];
    packet[0] = 0x45;
    packet[2..4].copy_from_slice(&(40 + data.len() as u16).to_be_bytes());
    packet[9] = TCP;
    packet[20..22].copy_from_slice(&from.to_be_bytes());
    packet[22..24].copy_from_slice(&to.to_be_bytes());
    packet[24..28].copy_from_slice(&number.to_be_bytes());
    packet[32] = 5 << 4;
    packet[33] = flags;
    packet.extend(data);
    packet
}
