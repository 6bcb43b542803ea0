package keyring

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// read returns the entries of a pull secret by what they are for; none of a secret of another type, or of an empty one.
func read(secret *corev1.Secret) (map[string]entry, error) {
	var config struct {
		Auths map[string]entry `json:"auths"`
	}
	var content []byte
	var into any
	switch secret.Type {
	case corev1.SecretTypeDockerConfigJson:
		content, into = secret.Data[corev1.DockerConfigJsonKey], &config
	case corev1.SecretTypeDockercfg:
		content, into = secret.Data[corev1.DockerConfigKey], &config.Auths
	}
	if len(content) == 0 {
		return nil, nil
	}
	err := json.Unmarshal(content, into)
	return config.Auths, err
}

// entry is one credential of a Docker configuration. In the file, auth stands for both its fields and goes before them.
type entry struct{ Username, Password string }

// UnmarshalJSON implements json.Unmarshaler.
func (e *entry) UnmarshalJSON(data []byte) error {
	var written struct {
		Username string `json:"username"`
		Password string `json:"password"`
		Auth     string `json:"auth"`
	}
	if err := json.Unmarshal(data, &written); err != nil {
		return err
	}
	e.Username, e.Password = written.Username, written.Password
	if written.Auth == "" {
		return nil
	}
	encoding := base64.RawStdEncoding
	if strings.HasSuffix(strings.TrimSpace(written.Auth), "=") {
		encoding = base64.StdEncoding
	}
	decoded, err := encoding.DecodeString(written.Auth)
	if err != nil {
		return err
	}
	username, password, ok := strings.Cut(string(decoded), ":")
	if !ok {
		return errors.New("unable to parse auth field, must be formatted as base64(username:password)")
	}
	e.Username, e.Password = username, password
	return nil
}
