/// A second, in UTC.
struct Moment: Sendable, Hashable, Comparable {
    /// Since 1970.
    let seconds: Int

    init(seconds: Int) { self.seconds = seconds }

    init(_ day: SampleDay, _ hour: Int, _ minute: Int) {
        seconds = (day.number * 24 + hour) * 3_600 + minute * 60
    }

    var day: SampleDay {
        SampleDay(number: (seconds - (seconds % 86_400 + 86_400) % 86_400) / 86_400)
    }

    private var clock: (hour: Int, minute: Int, second: Int) {
        let rest = seconds - day.number * 86_400
        return (rest / 3_600, rest / 60 % 60, rest % 60)
    }

    /// FHIR's dateTime and instant.
    var text: String { "\(day.text)T\(clockText(separator: ":"))Z" }

    /// `hh:mm`.
    var hourText: String { String(clockText(separator: ":").prefix(5)) }

    /// Hours, minutes and seconds, two digits each.
    func clockText(separator: String) -> String {
        [clock.hour, clock.minute, clock.second].map { Digits.padded($0, 2) }
            .joined(separator: separator)
    }

    static func + (moment: Moment, minutes: Int) -> Moment {
        Moment(seconds: moment.seconds + minutes * 60)
    }

    static func < (left: Moment, right: Moment) -> Bool { left.seconds < right.seconds }
}
