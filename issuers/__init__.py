"""Who signs client certificates: for those who have no PKI, a private CA of their own."""
