import CairnClient
import LedgerCore

/// `URL#INVITATION`, as `cairn network invite` prints it.
struct JoinLink: Sendable {
    let server: ServerAddress
    let invitation: Invitation

    init?(_ text: String) {
        guard let mark = text.firstIndex(of: "#"),
            let server = ServerAddress(String(text[..<mark])), server.scheme == "https",
            let invitation = Invitation(text: String(text[text.index(after: mark)...]))
        else { return nil }
        self.server = server
        self.invitation = invitation
    }
}
