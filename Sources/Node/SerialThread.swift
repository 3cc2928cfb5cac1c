import Dispatch

/// Runs the async code of one pipeline stage off the cooperative threads, because it blocks on
/// disk.
package final class SerialThread: TaskExecutor {
    private let queue: DispatchQueue

    package init(_ label: String) { queue = DispatchQueue(label: label, qos: .userInitiated) }

    /// Runs a job of the stage, one after the other.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
