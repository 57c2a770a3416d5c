//! The one integration test program: linking the whole tree once is slow enough.

mod server;
