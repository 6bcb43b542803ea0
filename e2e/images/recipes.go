package main

import (
	v1 "github.com/google/go-containerregistry/pkg/v1"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// recipe says what an image of Debian packages holds.
type recipe struct {
	name     string   // the image is podsim.local/NAME:debian
	packages []string // beside those that every image has; what they depend on comes with them

	// omitted are packages, as patterns of path.Match, that these depend on and that what the image is for does not need.
	omitted []string

	accounts []account
	files    []textFile
	// commands are patterns of programs that are in no directory of the PATH; each gets a link in /usr/local/bin.
	commands []string

	// links are symbolic links that an installation would have made, or that a person would make, and where they lead.
	links map[string]string

	user    string // "" for root
	command []string
}

// account is a user and a group of the same name and number, as an installation of the package would have made it.
type account struct {
	name string
	id   int
	home string
}

// textFile is a file that an installation of the packages would have made, or made otherwise. Its content ends in a newline.
type textFile struct {
	name, content string
}

// always is in every image: the directories, a shell, and the programs that a script takes for granted.
var always = []string{"base-files", "base-passwd", "coreutils", "dash", "sed", "grep"}

// installersOnly are packages that only an installation needs, which never happens here. Packages depend on them for their
// installation scripts.
var installersOnly = []string{
	"adduser", "debconf", "debianutils", "dpkg", "init-system-helpers", "lib*-perl", "libdebconfclient0", "libperl*", "mawk", "passwd",
	"perl", "perl-*", "sensible-utils", "sysvinit-utils", "tar", "ucf", "usrmerge",
}

var recipes = []recipe{
	{
		name:     "rsyslog",
		packages: []string{"rsyslog", "rsyslog-mongodb", "rsyslog-elasticsearch"},
		command:  []string{"rsyslogd", "-n", "-iNONE"},
	},
	{
		name:     "nginx",
		packages: []string{"nginx"},
		// Its package asks for iproute2 to look for other servers before an installation.
		omitted: []string{"iproute2", "libbpf*", "libelf*", "libtirpc*"},
		command: []string{"nginx", "-g", "daemon off;"},
	},
	{
		name:     "iptables",
		packages: []string{"iptables"},
		links: map[string]string{
			"usr/sbin/iptables": "xtables-nft-multi", "usr/sbin/iptables-save": "xtables-nft-multi", "usr/sbin/ip6tables": "xtables-nft-multi",
		},
		command: []string{"iptables-save"},
	},
	{
		name:     "postgresql",
		packages: []string{"postgresql", "postgresql-client"},
		// The compiler of queries, a fifth of a gigabyte, is loaded when it is there.
		omitted:  []string{"libllvm*", "libz3-*", "openssl", "postgresql-common", "postgresql-common-dev", "postgresql-client-common", "ssl-cert"},
		accounts: []account{{"postgres", 999, "/var/lib/postgresql"}},
		commands: []string{"usr/lib/postgresql/*/bin/*"},
		user:     "999",
		command:  []string{"postgres"},
	},
	{
		name:     "shop",
		packages: []string{"busybox", "cron", "postgresql-client"},
		omitted:  []string{"postgresql-client-common"},
		// Nobody logs in here, so nobody is asked for a password. Without `other` PAM serves nobody.
		files: []textFile{
			{"etc/pam.d/cron", "auth required pam_permit.so\naccount required pam_permit.so\nsession required pam_permit.so\n"},
			{"etc/pam.d/other", "auth required pam_deny.so\naccount required pam_deny.so\nsession required pam_deny.so\n"},
		},
		commands: []string{"usr/lib/postgresql/*/bin/*"},
		links:    map[string]string{"usr/sbin/httpd": "/bin/busybox"},
		command:  []string{"httpd", "-f"},
	},
}

func (r recipe) reference() string { return "podsim.local/" + r.name + ":debian" }

func (r recipe) config(revision string) v1.Config {
	return v1.Config{
		Env:    []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
		User:   r.user,
		Cmd:    r.command,
		Labels: map[string]string{ocispec.AnnotationRevision: revision},
	}
}
