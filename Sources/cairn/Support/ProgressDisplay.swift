import CairnClient
import Synchronization

/// Shows how far a load has come: a bar on a terminal, a line now and then elsewhere.
final class ProgressDisplay: Sendable {
    private let isTerminal: Bool
    private let isSilent: Bool
    private let shownSeconds = Mutex(0.0)

    private static let terminalPauseSeconds = 0.1
    private static let plainPauseSeconds = 5.0
    private static let barWidth = 24

    init(isSilent: Bool) {
        self.isSilent = isSilent
        isTerminal = Output.isErrorTerminal
    }

    func show(_ progress: LoadProgress) {
        guard !isSilent else { return }
        for failure in progress.failures {
            clear()
            let text = "\(failure.place): \(failure.message)"
            Output.error("failed: \(TerminalText.escaped(text))\n")
        }
        let pause =
            isTerminal ? ProgressDisplay.terminalPauseSeconds : ProgressDisplay.plainPauseSeconds
        let isDue = shownSeconds.withLock { shown in
            guard progress.seconds - shown >= pause else { return false }
            shown = progress.seconds
            return true
        }
        guard isDue else { return }
        let line = ProgressDisplay.line(progress, withBar: isTerminal)
        Output.error(isTerminal ? "\r\u{1b}[2K\(line)" : line + "\n")
    }

    /// Takes the bar away.
    func clear() {
        if isTerminal, !isSilent { Output.error("\r\u{1b}[2K") }
    }

    static func line(_ progress: LoadProgress, withBar: Bool) -> String {
        let share =
            progress.totalBytes > 0 ? Double(progress.doneBytes) / Double(progress.totalBytes) : 1
        let rate = progress.seconds > 0 ? Double(progress.resources) / progress.seconds : 0
        var text = "\(Int(share * 100)) %, \(progress.resources) resources, \(Int(rate))/s"
        if progress.failed > 0 { text += ", \(progress.failed) failed" }
        if share > 0, share < 1 {
            text += ", \(duration(progress.seconds * (1 - share) / share)) left"
        }
        guard withBar else { return text }
        let full = Int(share * Double(barWidth))
        let bar =
            String(repeating: "#", count: full) + String(repeating: "-", count: barWidth - full)
        return "[\(bar)] \(text)"
    }

    static func duration(_ seconds: Double) -> String {
        let whole = Int(min(seconds, 1e9).rounded(.up))
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole % 3600 / 60) min"
    }
}
