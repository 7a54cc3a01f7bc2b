import { conformance } from './conformance.js';
import { oktaSubject } from './okta-subject.js';

conformance('Okta', oktaSubject);
