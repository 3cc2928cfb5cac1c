import FHIR
import Identity
import LedgerCore
import Node

/// Who is logged in, as the page's header says it.
struct WhoIsIn: Sendable {
    /// The person's name where a Practitioner or Patient tells it, else their roles.
    let person: String
    /// Their roles, in words.
    let roles: String
    /// The name of the member at whose node they are.
    let member: String
}

extension Handlers {
    func whoIsIn(_ caller: Caller) -> WhoIsIn {
        let roles = caller.roles.map { $0.rawValue.replacing("-", with: " ") }
            .joined(separator: ", ")
        let members = (try? node.reader.directory.members()) ?? []
        return WhoIsIn(
            person: name(of: caller) ?? WhoIsIn.capitalised(roles), roles: roles,
            member: members.first { $0.id == node.identity.member }?.name ?? "")
    }

    private func name(of caller: Caller) -> String? {
        guard caller.member == node.identity.member else { return nil }
        for type in ["Practitioner", "Patient"] {
            guard let row = try? records.resources(type, ofPerson: caller.person).first,
                let stored = try? records.opened(row),
                let document = try? JSONDocument(parsing: stored.served()),
                let name = document.root["name"]?.humanName
            else { continue }
            return name
        }
        return nil
    }
}

extension WhoIsIn {
    fileprivate static func capitalised(_ words: String) -> String {
        words.prefix(1).uppercased() + words.dropFirst()
    }
}
