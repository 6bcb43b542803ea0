package instance

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// Accounts are the users and groups of an image. The zero value is an image without any.
type Accounts struct {
	users  []account
	groups []group
}

type account struct {
	name     string
	uid, gid int64
}

type group struct {
	name    string
	gid     int64
	members []string
}

// ParseAccounts reads an image's /etc/passwd and /etc/group. Either may be nil, and lines that are not understood do not count.
func ParseAccounts(passwd, groupFile []byte) Accounts {
	var a Accounts
	for _, f := range entries(passwd, 4) {
		uid, uidErr := strconv.ParseInt(f[2], 10, 64)
		gid, gidErr := strconv.ParseInt(f[3], 10, 64)
		if uidErr == nil && gidErr == nil {
			a.users = append(a.users, account{f[0], uid, gid})
		}
	}
	for _, f := range entries(groupFile, 4) {
		if gid, err := strconv.ParseInt(f[2], 10, 64); err == nil {
			a.groups = append(a.groups, group{f[0], gid, strings.Split(f[3], ",")})
		}
	}
	return a
}

// entries are the lines of a file of accounts that have at least so many fields.
func entries(file []byte, fields int) [][]string {
	var found [][]string
	for line := range bytes.Lines(file) {
		if f := strings.Split(strings.TrimSpace(string(line)), ":"); len(f) >= fields {
			found = append(found, f)
		}
	}
	return found
}

// find returns the account of a user, which is a name or a number; "" is root.
func (a Accounts) find(user string) (account, bool) {
	uid, err := strconv.ParseInt(user, 10, 64)
	i := slices.IndexFunc(a.users, func(u account) bool {
		return u.name == user || err == nil && u.uid == uid || user == "" && u.uid == 0
	})
	if i < 0 {
		return account{}, false
	}
	return a.users[i], true
}

// primaryGroup is the user's own group; 0 for a user that the image does not know (S12.2).
func (a Accounts) primaryGroup(user string) int64 {
	found, _ := a.find(user)
	return found.gid
}

// groupsOf are the groups that name the user as a member, the one of the user's own name excepted (S12.3).
func (a Accounts) groupsOf(user string) []int64 {
	found, ok := a.find(user)
	if !ok {
		return nil
	}
	var gids []int64
	for _, g := range a.groups {
		if g.name != found.name && slices.Contains(g.members, found.name) {
			gids = append(gids, g.gid)
		}
	}
	return gids
}
