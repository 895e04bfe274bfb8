//! The descriptors that are known: the shipped ones and the user's own.
