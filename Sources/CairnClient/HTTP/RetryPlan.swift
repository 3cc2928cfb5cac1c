/// How often, and after how long, a request is sent again.
package struct RetryPlan: Sendable {
    /// Requests in all, the first included.
    package var attemptsMax = 6
    /// The first pause; each further one is twice as long.
    package var pauseFirstMs = 250
    /// The longest pause, also where `Retry-After` asks for more: a stamp is good for 4 minutes.
    package var pauseMaxMs = 15_000

    package init() {}

    /// For requests that are sent once.
    package static let never: RetryPlan = {
        var plan = RetryPlan()
        plan.attemptsMax = 1
        return plan
    }()

    /// Milliseconds to wait after attempt `attempt` (from 1).
    ///
    /// - Parameters:
    ///   - retryAfterSeconds: what the server asked for; it is waited for in full, up to the
    ///     longest pause, and some more, so that many clients do not come back at once.
    ///   - random: from 0 up to 1.
    func pauseMs(after attempt: Int, retryAfterSeconds: Int?, random: Double) -> Int {
        let doubled = pauseFirstMs << min(max(attempt - 1, 0), 10)
        let own = min(doubled, pauseMaxMs)
        guard let asked = retryAfterSeconds else { return own / 2 + Int(Double(own / 2) * random) }
        let wanted = min(max(asked, 0) * 1000, pauseMaxMs)
        return wanted + Int(Double(max(wanted / 4, pauseFirstMs)) * random)
    }

    /// Statuses that ask to come back: nothing was done.
    static func asksToRetry(_ status: Int) -> Bool { status == 429 || status == 503 }
}
