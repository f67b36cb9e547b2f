#!/usr/bin/perl
# A JobAgent as far as PoD knows one: CONFIG from LDAP as AliEn::Config makes it, the methods that our module calls, and
# the loop with what the patches put into it. AliEn's own is not here.
#
#   jobagent.pl LDAP-URL BASE SITE CE DIRECTORY
use strict;
use warnings;

use Net::LDAP;

$| = 1;
my ($url, $base, $site, $ce, $directory) = @ARGV;

{

    package StandInAgent;

    sub new { my ($class, %fields) = @_; return bless {%fields}, $class }
    sub info { my ($self, $text) = @_; print "$text\n"; return }
    sub requestJob { my ($self) = @_; $self->{REQUESTS}++; return }

    sub sendJAStatus {
        my ($self, $status, $parameters) = @_;
        print join(' ', 'status', map { "$_=$parameters->{$_}" } sort keys %{ $parameters || {} }), "\n";
        return;
    }

    # True to go round at once.
    sub checkWakesUp {
        my ($self) = @_;
        if (grep { ($self->{CONFIG}->{$_} || '') eq 'yes' } qw(CE_PODENABLED MONALISA_PODENABLED POD_ENABLED)) {
            my $goOn = eval { require AliEn::Service::JobAgent::PoD; AliEn::Service::JobAgent::PoD->checkPoD($self) };
            defined $goOn or $self->info("PoD: $@");
            $goOn and return 1;
        }
        return;
    }
}

my $ldap = Net::LDAP->new($url) or die "no LDAP at $url: $@\n";

# Each attribute is a key with its first value, and one with _LIST and all.
sub read_entry {
    my ($entry_base, $filter, $name_of) = @_;
    my $found = $ldap->search(base => $entry_base, filter => $filter);
    die $found->error . "\n" if $found->code;
    my ($entry) = $found->entries or return;
    my %config;
    foreach my $attribute ($entry->attributes) {
        my $name = $name_of->($attribute);
        my @values = $entry->get_value($attribute);
        $config{$name} = $values[0];
        $config{"${name}_LIST"} = \@values;
    }
    return %config;
}

my $services = "ou=Services,ou=$site,ou=Sites,$base";
my $agent = StandInAgent->new(
    WORKDIR => $directory,
    CONFIG  => {
        read_entry("ou=Config,$base", '(objectClass=AliEnVOConfig)', sub { (my $name = $_[0]) =~ s/([A-Z])/_$1/g; uc $name }),
        read_entry("ou=CE,$services", "(&(objectClass=AliEnCE)(name=$ce))", sub { 'CE_' . uc $_[0] }),
        read_entry("ou=MonaLisa,$services", '(&(objectClass=AliEnMonaLisa)(name=ML))', sub { 'MONALISA_' . uc $_[0] }),
    },
);
while ($agent->checkWakesUp) { }
print "no job and no master: the agent ends\n";
