/// A number with what it counts.
enum Counted {
    /// `1 block`, `2 blocks`: nouns whose plural is an s.
    static func text(_ count: Int, _ noun: String) -> String {
        "\(count) \(noun)\(count == 1 ? "" : "s")"
    }
}
