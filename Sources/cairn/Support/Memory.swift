import CMalloc

/// How the process holds memory.
enum Memory {
    /// Gives unused pages back from time to time, so that an idle node is small after a busy hour.
    /// Runs until it is cancelled.
    static func releaseRegularly() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(15))
            cairn_malloc_release()
        }
    }
}
