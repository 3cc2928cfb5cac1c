import Foundation

/// What documents promise about files.
enum Documents {
    static let entrances = ["README.md", "docs/ARCHITECTURE.md"]
    private static let roots = [
        "Sources/", "Tests/", "docs/", "Scripts/", "proto/", "Benchmarks/", ".ci/",
    ]

    /// What stands before a link's target, and the character after it.
    private static let marks: [(before: String, after: Character)] = [
        ("](", ")"), (" src=\"", "\""), (" srcset=\"", "\""),
    ]

    /// Targets of Markdown links and HTML pictures, relative to the root, without anchors; web
    /// links aside.
    static func links(in text: String, of path: String) -> [(target: String, line: Int)] {
        let folder = path.split(separator: "/").dropLast().joined(separator: "/")
        return text.components(separatedBy: "\n").enumerated().flatMap { index, line in
            marks.flatMap { mark in
                line.components(separatedBy: mark.before).dropFirst().map { ($0, mark.after) }
            }.compactMap { rest, after in
                let target = rest.prefix { $0 != after && $0 != "#" }
                guard !target.isEmpty, !target.contains("://") else { return nil }
                return (resolve(String(target), in: folder), index + 1)
            }
        }
    }

    private static func resolve(_ target: String, in folder: String) -> String {
        var parts = folder.split(separator: "/").map(String.init)
        for part in target.split(separator: "/") {
            if part == ".." {
                _ = parts.popLast()
            } else if part != "." {
                parts.append(String(part))
            }
        }
        return parts.joined(separator: "/")
    }

    /// Paths of this repository between backticks. One with `*` or `…` names a family and is passed
    /// over.
    static func namedPaths(in text: String) -> [(target: String, line: Int)] {
        text.components(separatedBy: "\n").enumerated().flatMap { index, line in
            line.components(separatedBy: "`").enumerated().compactMap { place, span in
                guard place % 2 == 1, roots.contains(where: span.hasPrefix),
                    !span.contains("*"), !span.contains("…"), !span.contains(" "),
                    !span.contains("<")
                else { return nil }
                return (span, index + 1)
            }
        }
    }

    static func missing(
        in path: String, text: String, exists: (String) -> Bool = Repository.exists
    ) -> [Finding] {
        (links(in: text, of: path) + namedPaths(in: text)).compactMap { target, line in
            exists(target) ? nil : Finding(path: path, line: line, what: "\(target) does not exist")
        }
    }

    /// `docs/NAME.md` named in a comment of source, schema or script.
    static func mentioned(in file: SourceFile) -> [Finding] {
        file.lines.enumerated().flatMap { index, line in
            line.components(separatedBy: "docs/").dropFirst().compactMap { rest in
                let name = rest.prefix { $0.isLetter || $0.isNumber || "/-._".contains($0) }
                guard let end = name.range(of: ".md")?.upperBound else { return nil }
                let path = "docs/" + name[..<end]
                return Repository.exists(path)
                    ? nil
                    : Finding(path: file.path, line: index + 1, what: "\(path) does not exist")
            }
        }
    }

    /// Names of the packages that a manifest depends on.
    static func dependencies(in manifest: String) -> [String] {
        manifest.components(separatedBy: ".package(url: \"").dropFirst().compactMap { rest in
            let last = rest.prefix { $0 != "\"" }.split(separator: "/").last.map(String.init)
            return last?.replacing(".git", with: "").replacing(".swift", with: "")
        }
    }

    /// First cells of a table, head aside.
    static func explained(in page: String) -> [String] {
        page.components(separatedBy: "\n").filter { $0.hasPrefix("| ") }
            .compactMap { $0.split(separator: " ").dropFirst().first.map(String.init) }
            .filter { $0 != "dependency" && $0 != "---" }
    }

    /// Files under docs that neither entrance links.
    static func unlinked(_ paths: [String], linked: Set<String>) -> [Finding] {
        paths.filter { $0.hasPrefix("docs/") && !linked.contains($0) }.map {
            Finding(path: $0, line: 1, what: "is linked from no entrance: \(entrances)")
        }
    }
}

/// What must not stand in a file that others clone.
enum Portability {
    /// Folders of one machine.
    private static let folders = ["/root/", "/home/", "/Users/", "/work/", "/mnt/", "/srv/"]
    /// Hosts that set-up files may name: where packages come from, and this machine.
    private static let hosts: Set<String> = [
        "github.com", "localhost", "127.0.0.1", "www.apache.org", "hl7.org", "swift.org",
        "www.swift.org",
    ]

    static func machinePaths(in file: SourceFile) -> [Finding] {
        file.lines.enumerated().flatMap { index, line in
            folders.filter { folder in
                line.components(separatedBy: folder).dropLast().contains { before in
                    guard let last = before.last else { return true }
                    return !(last.isLetter || last.isNumber || "/.-_}$".contains(last))
                }
            }.map {
                Finding(
                    path: file.path, line: index + 1, what: "`\($0)…` is a folder of one machine")
            }
        }
    }

    static func foreignHosts(in file: SourceFile) -> [Finding] {
        file.lines.enumerated().flatMap { index, line in
            line.components(separatedBy: "://").dropFirst().compactMap { rest in
                let host = String(
                    rest.prefix { $0.isLetter || $0.isNumber || $0 == "." || $0 == "-" })
                return host.isEmpty || hosts.contains(host)
                    ? nil
                    : Finding(path: file.path, line: index + 1, what: "names the host \(host)")
            }
        }
    }

    static func isSetUp(_ path: String) -> Bool {
        ["Makefile", "Package.swift", "Package.resolved"].contains(path)
            || path.hasPrefix("Scripts/") || path.hasPrefix(".ci/")
    }
}

/// The cyclic redundancy check of POSIX `cksum`: no protection, only a notice that a file changed.
enum Checksum {
    private static let table: [UInt32] = (0..<256).map { value in
        (0..<8).reduce(UInt32(value) << 24) { sum, _ in
            sum & 0x8000_0000 == 0 ? sum << 1 : sum << 1 ^ 0x04c1_1db7
        }
    }

    static func posix(_ bytes: some Collection<UInt8>) -> UInt32 {
        var sum: UInt32 = 0
        func add(_ byte: UInt8) { sum = sum << 8 ^ table[Int(UInt8(sum >> 24) ^ byte)] }
        for byte in bytes { add(byte) }
        var length = bytes.count
        while length > 0 {
            add(UInt8(length & 0xff))
            length >>= 8
        }
        return ~sum
    }

    /// Lines of `cksum` whose file is gone or has changed.
    static func stale(_ list: String, data: (String) -> [UInt8]?) -> [String] {
        list.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: " ", maxSplits: 2)
            guard parts.count == 3 else { return "malformed line: \(line)" }
            let path = String(parts[2])
            guard let bytes = data(path) else { return "\(path) is gone" }
            let same = parts[0] == "\(posix(bytes))" && parts[1] == "\(bytes.count)"
            return same ? nil : "\(path) has changed"
        }
    }
}
