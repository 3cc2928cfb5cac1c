import LedgerCore

/// The text around key files: a first and a last line, a version, lines of `name value`, and a
/// digest over everything before it.
///
/// ```
/// -----BEGIN CAIRN WALLET-----
/// version 1
/// name value
/// digest 5f7c…
/// -----END CAIRN WALLET-----
/// ```
///
/// UTF-8, lines end in one line feed. The digest (SHA-256, unkeyed) finds accidents: a flipped
/// bit, a cut or pasted file. Against people, the file's mode and the passphrase protect. One
/// content has one text: readers render what they read and compare.
struct KeyText {
    /// What stands behind BEGIN, for example `CAIRN WALLET`.
    let kind: String
    /// How people call such a file in messages.
    let noun: String
    /// The version that this code writes, and the newest that it reads.
    let version: Int

    struct Line: Equatable {
        let name: String
        let value: String
    }

    private var begin: String { "-----BEGIN \(kind)-----\n" }
    private var end: String { "-----END \(kind)-----\n" }

    /// The text of `lines`. Names and values must hold no line feed; callers have checked them.
    func render(_ lines: [Line]) -> [UInt8] {
        let body = Array(unsealed(lines).utf8)
        return body + Array("digest \(Digest.sha256(body))\n\(end)".utf8)
    }

    /// What comes before the digest line; also what an encrypted part is bound to.
    func unsealed(_ lines: [Line]) -> String {
        lines.reduce("\(begin)version \(version)\n") { "\($0)\($1.name) \($1.value)\n" }
    }

    /// Takes the text apart: kind, version, digest, then lines. The caller checks names and
    /// order by rendering what it understood and comparing.
    func parse(_ bytes: [UInt8], path: String) throws(KeyFileError) -> [Line] {
        guard bytes.starts(with: begin.utf8) else {
            throw KeyFileError(
                .wrongKind, path: path, "is not a \(noun)",
                hint: "its first line would be \(begin.dropLast())")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw damaged(path) }
        var rows = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { String(Substring($0)) }
        rows.removeFirst()
        try checkVersion(rows.first ?? "", path: path)
        // Version, digest, end and the empty row after the last line feed.
        guard rows.count >= 4, rows.removeLast().isEmpty, rows.removeLast() + "\n" == end else {
            throw damaged(path)
        }
        let digest = rows.removeLast()
        let sealedSize = digest.utf8.count + 1 + end.utf8.count
        let covered = [UInt8](bytes[..<(bytes.count - sealedSize)])
        guard digest == "digest \(Digest.sha256(covered))" else { throw damaged(path) }
        var lines = [Line]()
        for row in rows.dropFirst() {
            // By bytes: as a character, a space may have swallowed a combining mark.
            guard let space = row.utf8.firstIndex(of: UInt8(ascii: " ")) else {
                throw damaged(path)
            }
            let value = row.utf8[row.utf8.index(after: space)...]
            lines.append(Line(name: String(row[..<space]), value: String(Substring(value))))
        }
        return lines
    }

    private func checkVersion(_ row: String, path: String) throws(KeyFileError) {
        let prefix = "version "
        guard row.hasPrefix(prefix), let found = Int(row.dropFirst(prefix.count)), found > 0
        else { throw damaged(path) }
        guard found <= version else {
            throw KeyFileError(
                .newerVersion, path: path,
                "is a \(noun) of version \(found), newer than this program knows (\(version))",
                hint: "upgrade cairn")
        }
        guard row == "version \(version)" else { throw damaged(path) }
    }

    /// The file is of the right kind and its bytes are not what was written.
    func damaged(_ path: String) -> KeyFileError {
        KeyFileError(
            .damaged, path: path, "is damaged: its digest or its form does not hold",
            hint: "restore the \(noun) from a backup")
    }
}
