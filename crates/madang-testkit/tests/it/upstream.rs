//! The stand-in of the Claude Messages API, over raw TCP.
