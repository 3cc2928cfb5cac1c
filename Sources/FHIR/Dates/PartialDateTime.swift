/// A FHIR date, dateTime or instant as written: known to a year, a month, a day or a time of day.
struct PartialDateTime: Sendable, Equatable {
    enum Precision: Int, Comparable, Sendable {
        case year, month, day, minute, second, fraction

        static func < (left: Precision, right: Precision) -> Bool { left.rawValue < right.rawValue }
    }

    var precision = Precision.year
    var year = 0
    var month = 1
    var day = 1
    var hour = 0
    var minute = 0
    var second = 0
    var millisecond = 0
    /// How many milliseconds the written fraction leaves open: `.5` stands for 100 of them.
    var millisecondsOpen = 1
    /// Nil where no zone is written.
    var offsetMinutes: Int?

    /// First and last millisecond that the value may mean. Without a zone UTC is taken.
    var range: (lowMs: Int64, highMs: Int64) {
        let low = startMs
        switch precision {
        case .year:
            return (low, milliseconds(day: CivilDate.days(year: year + 1, month: 1, day: 1)) - 1)
        case .month:
            let next = month == 12 ? (year + 1, 1) : (year, month + 1)
            let days = CivilDate.days(year: next.0, month: next.1, day: 1)
            return (low, milliseconds(day: days) - 1)
        case .day: return (low, low + CivilDate.millisecondsPerDay - 1)
        case .minute: return (low, low + 59_999)
        case .second: return (low, low + 999)
        case .fraction: return (low, low + Int64(millisecondsOpen) - 1)
        }
    }

    private var startMs: Int64 {
        let clock = ((hour * 60 + minute - (offsetMinutes ?? 0)) * 60 + second) * 1000 + millisecond
        return milliseconds(day: CivilDate.days(year: year, month: month, day: day)) + Int64(clock)
    }

    private func milliseconds(day: Int64) -> Int64 { day * CivilDate.millisecondsPerDay }
}
