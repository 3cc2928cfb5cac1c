import Glibc

/// How many files and connections the process may have open.
enum OpenFiles {
    /// Takes all that the system allows: a shell's usual 1,024 are fewer than the connections that
    /// a node takes.
    static func raiseLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
