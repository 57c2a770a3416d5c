//! TUN devices, which hand IP packets to this process. The calls that configure a device are the
//! only unsafe code of a link.

use std::fs::{File, OpenOptions};
use std::io;
use std::mem::zeroed;
use std::net::{Ipv4Addr, UdpSocket};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;

use nix::net::if_::if_nametoindex;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, send, socket,
};

use libc::{c_char, c_short, ifreq, sockaddr_in};

use crate::scenario::network::MTU;

/// The file through which devices are made.
pub(super) const DEVICE: &str = "/dev/net/tun";

/// The name of the device in its namespace.
const NAME: &str = "link";

/// The number of packets that wait for the relay. A burst of a thousand connections must fit.
const WAITING: u32 = 10_000;

/// Makes a device in the network namespace of this thread, with this address and the one at the
/// other end. Reads and writes of the file are whole packets and never block.
///
/// # Errors
///
/// The user may not open [`DEVICE`], or lacks the rights in this namespace.
pub(super) fn device(own: Ipv4Addr, peer: Ipv4Addr) -> io::Result<File> {
    let file = open()?;
    let mut request = request(NAME);
    request.ifr_ifru.ifru_flags = (libc::IFF_TUN | libc::IFF_NO_PI) as c_short;
    ioctl(&file, libc::TUNSETIFF, &mut request)?;
    // Any socket of the namespace configures its devices.
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    request.ifr_ifru.ifru_mtu = MTU as i32;
    ioctl(&socket, libc::SIOCSIFMTU, &mut request)?;
    set_queue(WAITING)?;
    request.ifr_ifru.ifru_addr = address(own);
    ioctl(&socket, libc::SIOCSIFADDR, &mut request)?;
    request.ifr_ifru.ifru_addr = address(peer);
    ioctl(&socket, libc::SIOCSIFDSTADDR, &mut request)?;
    raise(&socket, &mut request)?;
    raise(&socket, &mut self::request("lo"))?;
    Ok(file)
}

/// Opens the file through which devices are made.
pub(super) fn open() -> io::Result<File> {
    OpenOptions::new().read(true).write(true).custom_flags(libc::O_NONBLOCK).open(DEVICE)
}

/// Sets the number of packets that wait at the device, by a message of rtnetlink(7): the ioctl for
/// it needs root outside of the namespace.
fn set_queue(packets: u32) -> io::Result<()> {
    const LENGTH: u32 = 40;
    let device = if_nametoindex(NAME)?;
    let flags = (libc::NLM_F_REQUEST | libc::NLM_F_ACK) as u16;
    let mut message = LENGTH.to_ne_bytes().to_vec();
    message.extend(libc::RTM_NEWLINK.to_ne_bytes());
    message.extend(flags.to_ne_bytes());
    // No sequence, sender, family or type.
    message.extend([0; 12]);
    message.extend(device.to_ne_bytes());
    // No flags to change; then one attribute of eight bytes.
    message.extend([0; 8]);
    message.extend(8_u16.to_ne_bytes());
    message.extend(libc::IFLA_TXQLEN.to_ne_bytes());
    message.extend(packets.to_ne_bytes());
    let (family, kind) = (AddressFamily::Netlink, SockType::Raw);
    let socket = socket(family, kind, SockFlag::SOCK_CLOEXEC, SockProtocol::NetlinkRoute)?;
    send(socket.as_raw_fd(), &message, MsgFlags::empty())?;
    let mut reply = [0; 256];
    recv(socket.as_raw_fd(), &mut reply, MsgFlags::empty())?;
    // After a header of 16 bytes, the reply has 0 or the negated number of an error.
    match i32::from_ne_bytes([reply[16], reply[17], reply[18], reply[19]]) {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(-error)),
    }
}

/// Lets a device send and receive.
fn raise(socket: &UdpSocket, request: &mut ifreq) -> io::Result<()> {
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as c_short;
    ioctl(socket, libc::SIOCSIFFLAGS, request)
}

/// Returns a request on a device without a value. `name` must be shorter than 16 bytes.
#[allow(unsafe_code)]
fn request(name: &str) -> ifreq {
    // SAFETY: all zeros are a valid value of every field of this C structure and its union.
    let mut request: ifreq = unsafe { zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(name.bytes()) {
        *to = from as c_char;
    }
    request
}

/// Returns an IPv4 address in the layout of `sockaddr`.
#[allow(unsafe_code)]
fn address(ip: Ipv4Addr) -> libc::sockaddr {
    let internet = sockaddr_in {
        sin_family: libc::AF_INET as libc::sa_family_t,
        sin_port: 0,
        sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes(ip.octets()) },
        sin_zero: [0; 8],
    };
    // SAFETY: both are plain C structures of 16 bytes; the system reads the family first.
    unsafe { std::mem::transmute(internet) }
}

#[allow(unsafe_code)]
fn ioctl(file: &impl AsRawFd, call: libc::Ioctl, request: &mut ifreq) -> io::Result<()> {
    // SAFETY: every call used here reads, and at most writes, one `ifreq`, which outlives it.
    match unsafe { libc::ioctl(file.as_raw_fd(), call, request) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}
