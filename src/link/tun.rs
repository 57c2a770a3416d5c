//! TUN devices, which hand IP packets to this process. The calls that configure a device are the
//! only unsafe code of a link.

use std::fs::{File, OpenOptions};
use std::io;
use std::mem::zeroed;
use std::net::{Ipv4Addr, UdpSocket};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;

use libc::{c_char, c_short, ifreq, sockaddr_in};

use crate::scenario::network::MTU;

/// The file through which devices are made.
pub(super) const DEVICE: &str = "/dev/net/tun";

/// The name of the device in its namespace.
const NAME: &str = "link";

/// The number of packets that wait for the relay. A burst of a thousand connections must fit.
const WAITING: i32 = 10_000;

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
    // The system reads the length of the queue from the same bytes.
    request.ifr_ifru.ifru_mtu = WAITING;
    ioctl(&socket, libc::SIOCSIFTXQLEN, &mut request)?;
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
