/// Dates of HTTP headers such as Last-Modified (RFC 9110, section 5.6.7: IMF-fixdate).
package enum HTTPDate {
    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// `Sun, 06 Nov 1994 08:49:37 GMT`, from milliseconds since 1970.
    package static func format(_ ms: Int64) -> String {
        let time = ClockTime(ms)
        var out = Array("\(weekdays[time.weekday]), ".utf8)
        DecimalDigits.append(time.day, width: 2, to: &out)
        out.append(contentsOf: " \(months[time.month - 1]) ".utf8)
        DecimalDigits.append(time.year, width: 4, to: &out)
        out.append(UInt8(ascii: " "))
        time.appendClock(to: &out)
        out.append(contentsOf: " GMT".utf8)
        return String(decoding: out, as: UTF8.self)
    }
}
